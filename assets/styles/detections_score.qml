<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Fields|Forms|MapTips">
  <renderer-v2 type="graduatedSymbol" attr="score_max" graduatedMethod="GraduatedColor" symbollevels="0" enableorderby="0" forceraster="0">
    <ranges>
      <range symbol="0" lower="0.000" upper="0.500" label="score below 0.5" render="true"/>
      <range symbol="1" lower="0.500" upper="0.600" label="score 0.5 to 0.6" render="true"/>
      <range symbol="2" lower="0.600" upper="0.700" label="score 0.6 to 0.7" render="true"/>
      <range symbol="3" lower="0.700" upper="0.800" label="score 0.7 to 0.8" render="true"/>
      <range symbol="4" lower="0.800" upper="0.900" label="score 0.8 to 0.9" render="true"/>
      <range symbol="5" lower="0.900" upper="1.000" label="score 0.9 to 1" render="true"/>
    </ranges>
    <symbols>
      <symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="254,231,133,150"/>
          <prop k="style" v="solid"/>
          <prop k="outline_color" v="64,0,32,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="joinstyle" v="round"/>
        </layer>
      </symbol>
      <symbol type="fill" name="1" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="253,160,71,150"/>
          <prop k="style" v="solid"/>
          <prop k="outline_color" v="64,0,32,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="joinstyle" v="round"/>
        </layer>
      </symbol>
      <symbol type="fill" name="2" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="246,116,53,150"/>
          <prop k="style" v="solid"/>
          <prop k="outline_color" v="64,0,32,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="joinstyle" v="round"/>
        </layer>
      </symbol>
      <symbol type="fill" name="3" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="234,65,38,150"/>
          <prop k="style" v="solid"/>
          <prop k="outline_color" v="64,0,32,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="joinstyle" v="round"/>
        </layer>
      </symbol>
      <symbol type="fill" name="4" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="208,30,32,150"/>
          <prop k="style" v="solid"/>
          <prop k="outline_color" v="64,0,32,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="joinstyle" v="round"/>
        </layer>
      </symbol>
      <symbol type="fill" name="5" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="169,10,36,150"/>
          <prop k="style" v="solid"/>
          <prop k="outline_color" v="64,0,32,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="joinstyle" v="round"/>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <fieldConfiguration>
    <field name="review">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map"><Option type="QString" name="unreviewed" value="unreviewed"/></Option>
              <Option type="Map"><Option type="QString" name="accepted" value="accepted"/></Option>
              <Option type="Map"><Option type="QString" name="rejected" value="rejected"/></Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
  </fieldConfiguration>
  <previewExpression>"det_id"</previewExpression>
  <layerGeometryType>2</layerGeometryType>
</qgis>
