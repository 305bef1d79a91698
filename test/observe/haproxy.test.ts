import { afterEach, describe, expect, test } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { observeHaproxy, parseStats } from '../../src/systems/patroni/observe/haproxy.ts'
import { freePort } from '../free-port.ts'
import { httpServer, type Listening, patientClock, quickClock, recorder, silentServer } from './fakes.ts'

const columns =
  'pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,' +
  'chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,' +
  'check_code,check_duration,last_chk,addr'

function row(fields: Record<string, string | number>): string {
  return columns
    .split(',')
    .map((column) => fields[column] ?? '')
    .join(',')
}

const server = (pxname: string, svname: string, status: string, more: Record<string, string | number> = {}) =>
  row({ pxname, svname, status, scur: 1, stot: 7, lastchg: 42, check_status: 'L7OK', ...more })

// The shape of HAProxy 3.0's page: a header, a row for each proxy's two ends and every server, a last empty line.
const page = `# ${columns},
${row({ pxname: 'stats', svname: 'FRONTEND', scur: 2, status: 'OPEN' })},
${row({ pxname: 'stats', svname: 'BACKEND', scur: 0, status: 'UP' })},
${row({ pxname: 'leader', svname: 'FRONTEND', scur: 9, status: 'OPEN' })},
${server('leader', 'patroni1', 'DOWN', { check_status: 'L7STS', scur: 0 })},
${server('leader', 'patroni3', 'UP')},
${row({ pxname: 'leader', svname: 'BACKEND', scur: 8, status: 'UP' })},
${row({ pxname: 'leader2', svname: 'FRONTEND', scur: 5, status: 'OPEN' })},
`

describe('the statistics page', () => {
  test('gives the wanted listener, its sessions and its servers', () => {
    expect(parseStats(page, ['leader'])).toEqual([
      {
        proxy: 'leader',
        sessions: 9,
        servers: [
          {
            name: 'patroni1',
            status: 'DOWN',
            isUp: false,
            sessions: 0,
            checkStatus: 'L7STS',
            lastChangeSeconds: 42,
          },
          {
            name: 'patroni3',
            status: 'UP',
            isUp: true,
            sessions: 1,
            checkStatus: 'L7OK',
            lastChangeSeconds: 42,
          },
        ],
      },
    ])
  })

  test('gives the listeners in the order asked for', () => {
    expect(parseStats(page, ['leader2', 'leader']).map((listener) => listener.proxy)).toEqual(['leader2', 'leader'])
  })

  test('says of a listener that HAProxy does not have which ones there are', () => {
    const code = 'no proxy is called nosuch; there are stats, leader, leader2'
    expect(() => parseStats(page, ['leader', 'nosuch'])).toThrow(expect.objectContaining({ code }))
  })

  test('knows a server by its node, when HAProxy calls it otherwise, and keeps what HAProxy calls it', () => {
    const csv = `# ${columns}\n${server('p', 's1', 'UP', { addr: '10.0.0.1:5432' })}\n${server('p', 's2', 'UP')}\n`
    const asked: unknown[] = []
    const [listener] = parseStats(csv, ['p'], (server) => {
      asked.push(server)
      return server.name === 's1' ? 'pg1' : null
    })
    expect(asked).toEqual([
      { name: 's1', address: '10.0.0.1:5432' },
      { name: 's2', address: null },
    ])
    expect(listener?.servers).toMatchObject([{ name: 'pg1', calledInProxy: 's1' }, { name: 's2' }])
    expect(listener?.servers[1]).not.toHaveProperty('calledInProxy')
  })

  test.each([
    ['UP', true],
    ['UP 1/3', true],
    ['no check', true],
    ['DOWN', false],
    ['DOWN 1/2', false],
    ['MAINT', false],
    ['MAINT (via other/server)', false],
    ['DRAIN', false],
    ['NOLB', false],
    ['UPSIDE', false],
    ['', false],
  ])('a server that is "%s": up is %s', (status, isUp) => {
    expect(parseStats(`# ${columns}\n${server('p', 's', status)}\n`, ['p'])[0]?.servers[0]?.isUp).toBe(isUp)
  })

  test('shows the last result of a check that is under way', () => {
    const csv = `# ${columns}\n${server('p', 's', 'UP', { check_status: '* L7TOUT' })}\n`
    expect(parseStats(csv, ['p'])[0]?.servers[0]?.checkStatus).toBe('L7TOUT')
  })

  test('is not confused by commas and quotes in what a server said', () => {
    const csv = `# last_chk,${columns}`
    expect(() => parseStats(csv, ['p'])).toThrow(expect.objectContaining({ code: 'not CSV: its address ends in ;csv' }))
    const odd = `# pxname,svname,desc,scur,status\np,s,"one, ""two"", DOWN",3,UP\n`
    expect(parseStats(odd, ['p'])[0]?.servers[0]).toMatchObject({ status: 'UP', sessions: 3 })
  })

  test('counts nothing for a server that was never checked', () => {
    const csv = `# ${columns}\n${server('p', 's', 'no check', { lastchg: '', check_status: '' })}\n`
    expect(parseStats(csv, ['p'])[0]?.servers[0]).toMatchObject({ lastChangeSeconds: 0, checkStatus: '' })
  })

  test.each([
    ['<html>Statistics Report</html>', 'not CSV: its address ends in ;csv'],
    ['', 'not CSV: its address ends in ;csv'],
    [`# ${columns}\n`, 'no proxy is called misspelt; there are none'],
    [page, 'no proxy is called misspelt; there are stats, leader, leader2'],
  ])('%# is no reading', (csv, code) => {
    expect(() => parseStats(csv, ['misspelt'])).toThrow(expect.objectContaining({ code }))
  })
})

describe('the observer', () => {
  const servers: Listening[] = []
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((each) => each.close()))
  })
  const failed = (error: string) => (event: EventBody) =>
    event.type === 'haproxy.stats' && !event.reading.ok && event.reading.error === error
  const good = (event: EventBody) => event.type === 'haproxy.stats' && event.reading.ok
  const start = (stats: string, clock = patientClock()) => {
    const log = recorder()
    const stop = new AbortController()
    const done = observeHaproxy({ log, clock, name: 'haproxy', stats, listeners: ['leader'] }, stop.signal)
    return { log, stop, done }
  }

  test('sees a proxy go away and come back', async () => {
    const first = await httpServer((_, response) => response.end(page))
    const { log, stop, done } = start(`${first.url}/;csv`)
    await log.next(good)
    await first.close()
    await log.next(failed('ECONNREFUSED'))
    servers.push(await httpServer((_, response) => response.end(page), first.port))
    await log.next(good)
    stop.abort()
    await done
  })

  test('says so when the proxy hangs or refuses', async () => {
    const silent = await silentServer()
    servers.push(silent)
    const hung = start(silent.url, quickClock())
    const refused = start(`http://127.0.0.1:${await freePort()}/;csv`)
    await Promise.all([hung.log.next(failed('timeout')), refused.log.next(failed('ECONNREFUSED'))])
    hung.stop.abort()
    refused.stop.abort()
    await Promise.all([hung.done, refused.done])
  })

  test('says of which proxy it tells', async () => {
    const second = await httpServer((_, response) => response.end(page))
    servers.push(second)
    const log = recorder()
    const stop = new AbortController()
    const source = { log, clock: patientClock(), name: 'haproxy2', stats: second.url, listeners: ['leader'] }
    const done = observeHaproxy(source, stop.signal)
    const read = await log.next((event) => event.type === 'haproxy.stats' && event.reading.ok)
    expect(read).toMatchObject({ proxy: 'haproxy2' })
    stop.abort()
    await done
  })

  test('a page that asks for a password is no reading', async () => {
    const locked = await httpServer((_, response) => response.writeHead(401).end())
    servers.push(locked)
    const { log, stop, done } = start(locked.url)
    await log.next(failed('HTTP 401'))
    stop.abort()
    await done
  })
})
