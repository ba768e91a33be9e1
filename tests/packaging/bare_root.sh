#!/bin/sh
# Use the standalone program where nothing else is: a minimal Debian without Python, no network,
# a program folder that cannot be written, foreign variables, names with spaces and umlauts.
#
#   sh tests/packaging/bare_root.sh dist/landslidectl [bookworm|trixie]     (as root, with debootstrap)
set -eu
program=$(cd "$1" && pwd)
release=${2:-bookworm}
root=$(mktemp -d)

if [ "${INSIDE:-}" = "" ]; then
    trap 'rm -rf "$root" "$root.log"' EXIT
    debootstrap --variant=minbase "$release" "$root" >"$root.log" 2>&1 || { tail "$root.log"; exit 1; }
    mkdir "$root/opt/Küste Süd"
    INSIDE=$root unshare --net --mount --pid --fork sh "$0" "$program" "$release"
    exit
fi

rmdir "$root"
root=$INSIDE
mount -t proc proc "$root/proc"
mount --bind "$program" "$root/opt/Küste Süd"
mount -o remount,bind,ro "$root/opt/Küste Süd"
cat >"$root/use.sh" <<'END'
set -eu
! command -v python3
program="/opt/Küste Süd/landslidectl"
cd /tmp
"$program" --version
"$program" doctor
"$program" demo "Übung 1" | cat
"$program" detect "Übung 1/scenes" --model resnet --json | tail -1 | grep -q '"exit_code": *0'
code=0
"$program" detect "Übung 1/scenes" --model resnet >/dev/full || code=$?
[ "$code" = 8 ] || { echo "standard output was full, and the exit code $code"; exit 1; }
ls "Übung 1/out"/LSD_*/*_map.pdf
# a model from a stick, though the program's own folder cannot be written
cp -r "$(dirname "$program")/_internal/models/cnn" stick
sed -i 's/"name": "cnn"/"name": "nz"/' stick/model.json
"$program" models add stick
rm -r stick
"$program" detect "Übung 1/scenes" --model nz -o nz --quiet
ls nz/LSD_*_nz_*/*_map.pdf
COMP_WORDS="landslidectl detect --model n" COMP_CWORD=3 _LANDSLIDECTL_COMPLETE=complete_bash \
    "$program" | grep -qx nz
END
exec chroot "$root" /usr/bin/env -i LC_ALL=C PATH=/usr/bin:/bin PROJ_LIB=/nowhere PROJ_DATA=/nowhere \
    GDAL_DATA=/nowhere GDAL_DRIVER_PATH=/nowhere PYTHONPATH=/nowhere PYTHONHOME=/nowhere \
    LD_LIBRARY_PATH=/nowhere /bin/sh /use.sh
