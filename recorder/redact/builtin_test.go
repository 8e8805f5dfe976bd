package redact_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/recorder/redact"
)

const (
	jwt = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhYmNkZWYifQ.c2lnbmF0dXJlLW9mLWl0"
	pem = `-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIEXAMPLEEXAMPLE\n-----END EC PRIVATE KEY-----`
)

// What hubs and devices send, with the part of it that has to go.
var positives = []struct{ topic, payload, secret string }{
	{"zigbee2mqtt/bridge/info", `{"config":{"mqtt":{"user":"frank","server":"mqtt://localhost"}}}`, "frank"},
	{"zigbee2mqtt/bridge/info", `{"config":{"mqtt":{"password":"pw"}}}`, `"pw"`},
	{"zigbee2mqtt/bridge/info", `{"config":{"advanced":{"network_key":[1,3,5,7,9,11,13,15,0,2,4,6,8,10,12,13]}}}`, "1,3,5,7"},
	{"zigbee2mqtt/bridge/info", `{"config":{"advanced":{"network_key":"01030507090b0d0f00020406080a0c0d"}}}`, "01030507"},
	{"zigbee2mqtt/bridge/info", `{"config":{"frontend":{"auth_token":"letmein"}}}`, "letmein"},
	{"home/z2m/bridge/info", `{"config":{"mqtt":{"user":"frank"}}}`, "frank"},
	{"zigbee2mqtt/bridge/request/options", `{"options":{"mqtt":{"user":"frank"}}}`, "frank"},
	{"zigbee2mqtt/bridge/response/backup", `{"data":{"zip":"UEsDBBQAAAAIAA=="},"status":"ok"}`, "UEsDB"},
	{"zigbee2mqtt/bridge/request/install_code/add", `{"value":"RB01SG0D83"}`, "RB01SG"},
	{"zigbee2mqtt/bridge/logging", `{"level":"debug","message":"MQTT publish: topic 'z/bridge/info', payload '{\"config\":{\"advanced\":{\"network_key\":[1,3,5,7,9,11]}}}'"}`, "1,3,5,7"},
	{"zigbee2mqtt/keypad", `{"action":"disarm","action_code":"8823","battery":90}`, "8823"},
	{"zigbee2mqtt/lock/set", `{"pin_code":{"user":1,"user_type":"unrestricted","pin_code":882391}}`, "882391"},
	{"cmnd/plug/Password1", `correct horse`, "correct horse"},
	{"cmnd/plug/SSId1", `Villa Kunterbunt`, "Kunterbunt"},
	{"cmnd/plug/MqttPassword", `12345678`, "12345678"},
	{"cmnd/plug/WebPassword", `hunter2`, "hunter2"},
	{"cmnd/plug/Backlog", `SSId1 Kunterbunt; Password1 correct horse; Restart 1`, "correct horse"},
	{"cmnd/plug/Backlog", `SSId1 Kunterbunt; Password1 correct horse; Restart 1`, "Kunterbunt"},
	{"stat/plug/RESULT", `{"Password1":"hunter2"}`, "hunter2"},
	{"stat/plug/RESULT", `{"SSId1":"Kunterbunt"}`, "Kunterbunt"},
	{"stat/plug/STATUS6", `{"StatusMQT":{"MqttHost":"10.0.0.2","MqttUser":"frank","MqttCount":1}}`, "frank"},
	{"stat/plug/STATUS", `{"StatusLOG":{"SSId":["Kunterbunt",""]}}`, "Kunterbunt"},
	{"tele/plug/STATE", `{"Wifi":{"AP":1,"SSId":"Kunterbunt","BSSId":"AA:BB:CC:11:22:33","RSSI":72}}`, "Kunterbunt"},
	{"tele/plug/STATE", `{"Wifi":{"AP":1,"SSId":"Kunterbunt","BSSId":"AA:BB:CC:11:22:33","RSSI":72}}`, "AA:BB:CC"},
	{"tele/plug/LOGGING", `{"Log1":["00:00:05.1","WIF: Connecting to AP1 Kunterbunt Channel 6 BSSId AA in mode 11n as plug..."]}`, "Kunterbunt"},
	{"shellies/shelly1-AABB/info", `{"wifi_sta":{"connected":true,"ssid":"Kunterbunt","ip":"10.0.0.3"}}`, "Kunterbunt"},
	{"shellies/shelly1-AABB/settings", `{"wifi_sta":{"enabled":true,"ssid":"K","key":"hunter2"}}`, "hunter2"},
	{"shelly-1/rpc", `{"id":1,"src":"x","method":"WiFi.SetConfig","params":{"config":{"sta":{"ssid":"K","pass":"hunter22"}}}}`, "hunter22"},
	{"shelly-1/rpc", `{"id":1,"method":"Shelly.SetAuth","params":{"user":"admin","realm":"s","ha1":"1ca8f7c2d3b6"}}`, "1ca8f7c2"},
	{"shelly-1/rpc", `{"id":1,"auth":{"realm":"s","username":"admin","nonce":1625038762,"cnonce":313273957,"response":"eab75cbf1c8dd7ea"}}`, "eab75cbf"},
	{"shelly-1/rpc", `{"id":1,"auth":{"realm":"s","username":"admin","nonce":1625038762,"cnonce":313273957}}`, "313273957"},
	{"shelly-1/status/wifi", `{"sta_ip":"10.0.0.4","status":"got ip","ssid":"Kunterbunt","rssi":-50}`, "Kunterbunt"},
	{"esp/kitchen/debug", "\x1b[0;35m[C][wifi:573]:   SSID: '\x1b[5mKunterbunt\x1b[6m'\x1b[0m", "Kunterbunt"},
	{"N/c0619ab/settings/0/Settings/System/AccessPointPassword", `{"value": "hunter2"}`, "hunter2"},
	{"W/c0619ab/settings/0/Settings/Services/VrmPassword", `{"value": "hunter2"}`, "hunter2"},
	{"evcc/sponsor/token", `sponsor-token-of-mine`, "of-mine"},
	{"evcc/plant", `d1f0e2a8b7c6`, "d1f0e2"},
	{"owntracks/me/phone/dump", `{"_type":"configuration","username":"frank","deviceId":"p"}`, "frank"},
	{"owntracks/me/phone/dump", `{"_type":"configuration","encryptionKey":"hunter2"}`, "hunter2"},
	{"frigate/config", `{"cameras":{"a":{"inputs":["rtsp://admin:hunter2@10.0.0.9:554/1"]}}}`, "hunter2"},
	{"homeassistant/camera/x/state", `{"entity_picture":"/api/camera_proxy/camera.x?token=3f2a9c81d0"}`, "3f2a9c81d0"},
	{"homeassistant/sensor/x/config", `{"json_attributes":"x","configuration_url":"http:\/\/root:hunter2@10.0.0.1\/"}`, "hunter2"},
	{"homeassistant/alarm_control_panel/a/config", `{"code":"4711","name":"a"}`, "4711"},
	{"home/alarm/set", `{"action":"DISARM","code":"4711"}`, "4711"},
	{"alarm/panel/set", `{"action":"DISARM","code":471199}`, "471199"},
	{"device/01S00/report", `{"print":{"access_code":"12345678"}}`, "12345678"},
	{"device/01S00/report", `{"print":{"url":"https://s3.aws/x.3mf?X-Amz-Credential=AKIAABCDEFGHIJKLMNOP%2F2025&X-Amz-Signature=dfd6379e"}}`, "dfd6379e"},
	{"a/b", `{"Password": "hunter2"}`, "hunter2"},
	{"a/b", `{"wifi":{"psk":"hunter2"}}`, "hunter2"},
	{"a/b", `{"accessToken":"a1b2c3d4e5"}`, "a1b2c3"},
	{"a/b", `{"refresh_token":"a1b2c3d4e5"}`, "a1b2c3"},
	{"a/b", `{"token":"a1b2c3d4e5"}`, "a1b2c3"},
	{"a/b", `{"client_secret":"s3cr3t"}`, "s3cr3t"},
	{"a/b", `{"API-Key":"a1b2c3d4"}`, "a1b2c3"},
	{"a/b", `{"headers":{"Authorization":"Bearer abc.def"}}`, "abc.def"},
	{"a/b", `{"auth":"Basic ZnJhbms6cHc="}`, "ZnJhbms"},
	{"a/b", `{"headers":["Authorization: Basic ZnJhbms6cHc="]}`, "ZnJhbms"},
	{"a/b", `curl -H "Authorization: Bearer ` + jwt + `"`, "eyJpc3"},
	{"a/b", `{"x":"` + jwt + `"}`, "eyJpc3"},
	{"a/b", `{"cert":"` + pem + `"}`, "MHcCAQ"},
	{"a/b", `{"x":"AKIAABCDEFGHIJKLMNOP"}`, "AKIAABCD"},
	{"a/b", `{"x":"ghp_abcdefghijABCDEFGHIJ0123456789abcdef"}`, "abcdefghij"},
	{"a/b", `https://api.telegram.org/bot123456789:AAabcdefghijklmnopqrstuvwxyz012345/sendMessage`, "AAabcdef"},
	{"a/b", `{"credentials":{"id":"frank","key":"hunter2"}}`, "hunter2"},
	{"a/b", `{"pin":"0815"}`, "0815"},
	{"a/b", `{"private_key":[17,34,51,68,85,102]}`, "17,34"},
	{"a/b", `{"config":"{\"wifi\":{\"password\":\"hunter2\"}}"}`, "hunter2"},
	{"a/b", `{"config":"{\"wifi\":\"{\\\"password\\\":\\\"hunter2\\\"}\"}"}`, "hunter2"},
	{"a/b", `[{"p\u0061ssword":"hunter2"}]`, "hunter2"},
	{"a/b", `{"password":"hunt`, "hunt"},
	{"a/b", `I (532) wifi: {"ssid":"Kunterbunt","ch":6}`, "Kunterbunt"},
	{"a/b", `I (532) cfg: {\"password\":\"hunter2\",\"ch\":6}`, "hunter2"},
	{"a/b", `{'ssid': 'Kunterbunt', 'rssi': -50}`, "Kunterbunt"},
	{"a/b", `user=frank&password=hunter2&x=1`, "hunter2"},
	{"a/b", `mqtt://frank:hunter2@broker:1883`, "hunter2"},
}

func TestBuiltinFinds(t *testing.T) {
	rules := redact.Builtin(redact.BuiltinOptions{})
	for _, c := range positives {
		got := redacted(rules, c.topic, c.payload)
		if strings.Contains(got, c.secret) || got == c.payload {
			t.Errorf("%s %s: still says %s: %s", c.topic, c.payload, c.secret, got)
		}
		if json.Valid([]byte(c.payload)) && !json.Valid([]byte(got)) {
			t.Errorf("%s: no JSON any more: %s", c.payload, got)
		}
		if left := rules.Find(message(c.topic, got)); len(left) > 0 {
			t.Errorf("%s: then found again: %v", got, left)
		}
		if again := redacted(rules, c.topic, got); again != got {
			t.Errorf("twice is not once: %s, then %s", got, again)
		}
	}
	if len(positives) < 60 {
		t.Errorf("only %d positives", len(positives))
	}
}

// What looks like a secret and is none: automations read these.
var negatives = []struct{ topic, payload string }{
	{"zigbee2mqtt/bridge/info", `{"config":{"advanced":{"channel":20,"pan_id":6754,"network_key":"GENERATE"}}}`},
	{"zigbee2mqtt/bridge/info", `{"config":{"mqtt":{"base_topic":"zigbee2mqtt","server":"mqtt://localhost:1883"}}}`},
	{"zigbee2mqtt/bridge/info", `{"config_schema":{"properties":{"mqtt":{"properties":{"password":{"type":"string","title":"Password","examples":["mqtt_password"]}}}}}}`},
	{"zigbee2mqtt/bridge/info", `{"config_schema":{"network_key":{"oneOf":[{"type":"string"},{"type":"array"}]}}}`},
	{"zigbee2mqtt/bridge/info", `{"config_schema":{"user":{"type":"string","title":"MQTT user"}}}`},
	{"zigbee2mqtt/bridge/response/backup", `{"data":{},"status":"error","error":"full"}`},
	{"zigbee2mqtt/bridge/response/device/rename", `{"data":{"from":"a","to":"b"},"status":"ok","transaction":"pin-1"}`},
	{"zigbee2mqtt/bridge/devices", `[{"ieee_address":"0x00158d0007e778c1","network_address":4711,"friendly_name":"hall"}]`},
	{"zigbee2mqtt/bridge/definitions", `{"exposes":[{"access":7,"name":"pin_code","property":"pin_code","type":"composite"}]}`},
	{"zigbee2mqtt/lock", `{"pin_code":{"user":1,"user_type":"unrestricted","user_enabled":true}}`},
	{"zigbee2mqtt/lock", `{"pin_code":null,"lock_state":"locked"}`},
	{"zigbee2mqtt/hall", `{"state":"ON","key":"power","brightness":254}`},
	{"zigbee2mqtt/remote", `{"action":"single","action_code":254}`},
	{"cmnd/plug/POWER", `TOGGLE`},
	{"cmnd/plug/Password1", ``},
	{"cmnd/plug/SSId1", `1`},
	{"cmnd/plug/Backlog", `Power1 1; Delay 10; Power1 0`},
	{"cmnd/plug/Backlog", `Password1 1; SSId2 1`},
	{"stat/plug/RESULT", `{"Password1":"****"}`},
	{"stat/plug/RESULT", `{"POWER":"ON"}`},
	{"stat/plug/GPIO", `{"GPIO14":{"17":"Button1"},"pin":5}`},
	{"tele/plug/STATE", `{"Time":"2026-01-10T17:00:00","Wifi":{"AP":1,"Channel":6,"RSSI":72,"Signal":-64,"LinkCount":1}}`},
	{"shelly-1/rpc", `{"id":1,"src":"x","method":"Switch.Set","params":{"id":0,"on":true}}`},
	{"shelly-1/events/rpc", `{"src":"shelly-1","dst":"shelly-1/events","method":"NotifyStatus","params":{"ts":1631266595.43,"switch:0":{"output":true}}}`},
	{"shelly-1/rpc", `{"id":1,"result":{"auth_en":false,"auth_domain":null,"key":"switch:0"}}`},
	{"shelly-1/rpc", `{"method":"KVS.Get","params":{"key":"scene"}}`},
	{"shellies/announce", `{"id":"shelly1-AABB","login":{"enabled":false,"unprotected":false,"username":"admin"}}`},
	{"N/c0619ab/system/0/Ac/Grid/L1/Power", `{"value": 1234}`},
	{"N/c0619ab/settings/0/Settings/System/TimeZone", `{"value": "Europe/Budapest"}`},
	{"N/c0619ab/settings/0/Settings/System/AccessPointPassword", `{"value": ""}`},
	{"evcc/site/gridPower", `-1234.5`},
	{"evcc/loadpoints/1/mode", `pv`},
	{"evcc/plant", ``},
	{"greenhouse/plant", `Monstera deliciosa`},
	{"owntracks/me/phone", `{"_type":"location","lat":47.4979,"lon":19.0402,"tid":"fr"}`},
	{"frigate/events", `{"type":"new","before":{"id":"1607123955.475377-mxklsc","camera":"front","score":0.7}}`},
	{"frigate/front/person/snapshot", "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"},
	{"homeassistant/alarm_control_panel/a/config", `{"code":"REMOTE_CODE","code_arm_required":false,"code_format":"number"}`},
	{"homeassistant/lock/a/config", `{"code_format":"^\\d{4}$","payload_lock":"LOCK"}`},
	{"homeassistant/light/a/config", `{"~":"zigbee2mqtt/hall","cmd_t":"~/set","stat_t":"~","val_tpl":"{{ value_json.state }}"}`},
	{"homeassistant/sensor/a/config", `{"val_tpl":"{{ 'on' if value_json.pass == 'ok' else 'off' }}"}`},
	{"homeassistant/sensor/a/config", `{"configuration_url":"https://host:8123/lovelace?key=1"}`},
	{"alarm/panel/state", `{"code":"OK","state":"armed_away"}`},
	{"alarm/panel/state", `{"code":12}`},
	{"printer/status", `{"error":{"code":"0300","msg":"x"},"code":5001}`},
	{"device/01S00/report", `{"print":{"ipcam":{"tutk_server":"disable"},"sequence_id":"63121","online":{"rfid":false}}}`},
	{"device/01S00/report", `{"print":{"ams_mapping":[1,2,3],"nozzle_temper":32.8,"tag_uid":"0000000000000000"}}`},
	{"a/b", `{"pass":true,"fail":0}`},
	{"a/b", `{"pass":"ok"}`},
	{"a/b", `{"pass":"PASSED","test":"lamp"}`},
	{"a/b", `{"pass":12}`},
	{"a/b", `{"filter":{"pass":"lowpass"}}`},
	{"a/b", `{"token":4711}`},
	{"a/b", `{"token":"expired"}`},
	{"a/b", `{"token":null,"auth":0}`},
	{"a/b", `{"tokens":1200,"token_type":"bearer","expires_in":3600}`},
	{"a/b", `{"auth":"wpa2-psk","channel":6}`},
	{"a/b", `{"auth":"open"}`},
	{"a/b", `{"authorization":"required"}`},
	{"a/b", `{"secret":false}`},
	{"a/b", `{"password":""}`},
	{"a/b", `{"password":null}`},
	{"a/b", `{"password":"********"}`},
	{"a/b", `{"password":"wrong"}`},
	{"a/b", `{"password_set":true,"has_password":false}`},
	{"a/b", `{"pin":5,"mode":"OUTPUT"}`},
	{"a/b", `{"pin":"D4"}`},
	{"a/b", `{"pin":"GPIO13"}`},
	{"a/b", `{"key":"power","keys":["a","b"],"keyboard":"us"}`},
	{"a/b", `{"button":{"key":"red"}}`},
	{"a/b", `{"ssid":""}`},
	{"a/b", `{"credentials":"invalid"}`},
	{"a/b", `{"link_key":false,"install_code":null}`},
	{"a/b", `Bearer of good news`},
	{"a/b", `the password is required`},
	{"a/b", `http://10.0.0.1:8080/path@2x.png`},
	{"a/b", `https://host/a?page=2&sort=asc`},
	{"a/b", `see https://host:443/x and mail frank@example.org`},
	{"a/b", `eyJhbGciOiJ`},
	{"a/b", `"token"`},
	{"a/b", `{"token"`},
	{"a/b", `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----`},
	{"a/b", `{"password":"redacted-0123456789ab","pin":"redacted-0123456789ab"}`},
	{"$SYS/broker/version", `mosquitto version 2.0.18`},
	{"gw/scada/to/a/gridworks-ping", `{"Header":{"Src":"scada","MessageId":"2952731d-a415-44de-b37c-f5f865dee77b","AckRequired":true},"Payload":{}}`},
}

func TestBuiltinLeavesAlone(t *testing.T) {
	rules := redact.Builtin(redact.BuiltinOptions{})
	for _, c := range negatives {
		if found := rules.Find(message(c.topic, c.payload)); len(found) > 0 {
			t.Errorf("%s %s: %v", c.topic, c.payload, found)
		}
		rec := message(c.topic, c.payload)
		if redact.New(rules, testKey).Record(rec) || string(rec.Payload) != c.payload || rec.Topic != c.topic {
			t.Errorf("%s %s: became %s %s", c.topic, c.payload, rec.Topic, rec.Payload)
		}
	}
	if len(negatives) < 60 {
		t.Errorf("only %d negatives", len(negatives))
	}
}

func TestPlacesOnRequest(t *testing.T) {
	plain, places := redact.Builtin(redact.BuiltinOptions{}), redact.Builtin(redact.BuiltinOptions{Places: true})
	for _, c := range []struct{ topic, payload, secret string }{
		{"owntracks/me/phone", `{"_type":"location","lat":47.4979,"lon":19.0402}`, "47.4979"},
		{"owntracks/me/phone", `{"_type":"location","lat":-7.4979,"lon":19.0402}`, "19.0402"},
		{"N/c0619ab/gps/0/Position/Latitude", `{"value": 47.4979}`, "47.4979"},
		{"evcc/vehicles/ev/latitude", `47.4979`, "47.4979"},
		{"a/b", `{"coordinates":[47.4979,19.0402]}`, "47.4979"},
		{"tele/plug/STATUS5", `{"StatusNET":{"IPAddress":"192.168.1.34"}}`, "192.168.1.34"},
		{"tele/plug/STATUS5", `{"Mac":"AA:BB:CC:11:22:33"}`, "AA:BB"},
		{"a/b", `{"mac":"AABBCC112233"}`, "AABBCC"},
		{"a/b", `{"ip6":"fe80::1ff:fe23:4567:890a"}`, "fe23"},
		{"a/b", `from frank@example.org`, "frank@"},
		{"zigbee2mqtt/bridge/info", `{"config":{"advanced":{"ext_pan_id":[61,200,45,154,163,42,44,146]}}}`, "61,200"},
	} {
		if got := redacted(plain, c.topic, c.payload); got != c.payload {
			t.Errorf("without being asked: %s", got)
		}
		got := redacted(places, c.topic, c.payload)
		if strings.Contains(got, c.secret) {
			t.Errorf("%s: still says %s: %s", c.payload, c.secret, got)
		}
		if again := redacted(places, c.topic, got); again != got {
			t.Errorf("twice is not once: %s, then %s", got, again)
		}
	}
	for _, same := range []string{`{"ver":"01.10.00.00"}`, `{"mask":"255.255.255.0","at":"17:30:00"}`, `{"mac":null,"lat":null}`, `{"v":"1.2.3"}`} {
		if got := redacted(places, "a/b", same); got != same {
			t.Errorf("%s became %s", same, got)
		}
	}
}

func TestNames(t *testing.T) {
	names := redact.Builtin(redact.BuiltinOptions{}).Names()
	if !slices.Contains(names, "passwords") || slices.Contains(names, "positions") {
		t.Errorf("built-in rules: %v", names)
	}
	if more := redact.Builtin(redact.BuiltinOptions{Places: true}).Names(); !slices.Contains(more, "positions") || len(more) <= len(names) {
		t.Errorf("with places: %v", more)
	}
}
