<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Fields|Forms|MapTips">
  <renderer-v2 type="categorizedSymbol" attr="CASE WHEN &quot;review&quot; = 'rejected' THEN 'rejected' ELSE &quot;confidence&quot; END" symbollevels="0" enableorderby="0" forceraster="0">
    <categories>
      <category symbol="0" value="high" label="high confidence" render="true"/>
      <category symbol="1" value="low" label="low confidence" render="true"/>
      <category symbol="3" value="rejected" label="rejected by a person" render="true"/>
      <category symbol="2" value="" label="drawn by a person" render="true"/>
    </categories>
    <symbols>
      <symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="150,0,38,150"/>
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
          <prop k="color" v="253,141,60,150"/>
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
          <prop k="color" v="255,255,255,150"/>
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
          <prop k="color" v="110,110,110,0"/>
          <prop k="style" v="no"/>
          <prop k="outline_color" v="110,110,110,255"/>
          <prop k="outline_style" v="dash"/>
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
