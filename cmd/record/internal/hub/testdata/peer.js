// What a Node client says to the hub: node peer.js PORT WEBPORT CA LIMIT.
const fs = require('fs')
const mqtt = require('mqtt')

const [port, web, caFile, limitText] = process.argv.slice(2)
const ca = fs.readFileSync(caFile)
const limit = Number(limitText)
const patience = 20000

const check = (got, want, about) => {
  if (got !== want) throw new Error(`${about}: ${got} instead of ${want}`)
}

const within = (about, promise) => {
  let timer
  const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error(`${about}: nothing happened`)), patience) })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const once = (client, event) => within(event, new Promise((yes) => client.once(event, (...args) => yes(args))))

function open (id, password, version, scheme) {
  const url = scheme === 'wss' ? `wss://127.0.0.1:${web}/mqtt` : `mqtts://127.0.0.1:${port}`
  return mqtt.connect(url, {
    clientId: id, username: 'u', password, protocolVersion: version, ca, reconnectPeriod: 0, keepalive: 30, clean: true
  })
}

async function converse (id, version, scheme) {
  const v5 = version === 5
  let c = open(id, 'wrong', version, scheme)
  const [refused] = await once(c, 'error')
  check(refused.code, v5 ? 134 : 5, 'a wrong password')
  await c.endAsync(true)

  c = open(id, 'right', version, scheme)
  const [connack] = await once(c, 'connect')
  if (v5) check(connack.properties.maximumPacketSize > limit, true, 'Maximum Packet Size')
  const errors = []
  c.on('error', (e) => errors.push(e))
  const granted = await c.subscribeAsync('own/#', { qos: 2 })
  check(granted[0].qos, 2, 'an allowed subscription')
  let code = 0
  try {
    const answer = await c.subscribeAsync('forbidden', { qos: 1 })
    code = answer[0].qos
  } catch (e) { code = v5 ? 135 : 128 }
  check(code, v5 ? 135 : 128, 'a forbidden subscription')
  await c.publishAsync('forbidden', 'x', { qos: 0 })
  if (v5) {
    let no = 0
    try { await c.publishAsync('forbidden', 'x', { qos: 1 }) } catch (e) { no = e.code }
    check(no, 135, 'a forbidden message')
  }
  for (const [qos, text] of ['zero', 'one', 'two'].entries()) {
    const back = once(c, 'message')
    await c.publishAsync('own/' + id, text, { qos })
    check((await back)[1].toString(), text, 'what comes back')
  }
  const gone = once(c, 'close')
  const told = v5 ? once(c, 'disconnect') : null
  c.publish('own/' + id, Buffer.alloc(limit + 1), { qos: 0 })
  if (v5) check((await told)[0].reasonCode, 149, 'a payload that is too large')
  await gone
  await c.endAsync(true)
}

async function main () {
  await converse('node-4', 4, 'mqtts')
  await converse('node-5', 5, 'mqtts')
  await converse('node-ws', 5, 'wss')
}

main().then(() => process.exit(0), (e) => { console.error(e); process.exit(1) })
