from landslidectl.files.hashing import file_digest, stable_key


def test_keys_do_not_depend_on_order_but_on_values():
    assert stable_key({"a": 1, "b": [1, 2]}) == stable_key({"b": [1, 2], "a": 1})
    assert stable_key({"a": 1}) != stable_key({"a": 1.5})
    assert stable_key([1, 2]) != stable_key([2, 1])


def test_digests_are_the_published_ones(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_digest(tmp_path / "a", "md5") == "900150983cd24fb0d6963f7d28e17f72"
    assert file_digest(tmp_path / "a").startswith("ba7816bf8f01cfea414140de5dae2223")
