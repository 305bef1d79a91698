import { connect } from 'node:net'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { fatal, MessageReader, readFirstPacket, sqlStateOf, strings } from '../../../labs/pair/proxy/messages.ts'
import { readOptions } from '../../../labs/pair/proxy/options.ts'
import { isInsert } from '../../../labs/pair/proxy/session-watch.ts'
import { Pair } from './harness.ts'

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(type)
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

describe('messages', () => {
  it.each([1, 2, 3, 7, 1000])('are the same however the stream is cut: pieces of %i bytes', (size) => {
    const stream = Buffer.concat([
      message('Q', Buffer.from('SELECT 1\0')),
      message('S', Buffer.alloc(0)),
      message('d', Buffer.alloc(3000, 'x')),
      message('X', Buffer.alloc(0)),
    ])
    const seen: string[] = []
    const reader = new MessageReader(({ type, head }) => seen.push(`${type}${strings(head)[0]?.slice(0, 10)}`))
    for (let at = 0; at < stream.length; at += size) reader.take(stream.subarray(at, at + size))
    expect(seen).toEqual(['QSELECT 1', 'S', 'dxxxxxxxxxx', 'X'])
  })

  it('an error of the proxy itself can be read as one', () => {
    expect(sqlStateOf(fatal('57P03', 'nobody').subarray(5))).toBe('57P03')
  })

  it('a first packet that is no such protocol is refused', () => {
    expect(() => readFirstPacket(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow()
    expect(readFirstPacket(Buffer.from([0, 0, 0]))).toBeNull()
  })
})

describe('an INSERT', () => {
  it.each([
    ["INSERT INTO t VALUES ('x')", true],
    ['  insert into t select 1', true],
    ['/* it was SELECT */ INSERT INTO t VALUES (1)', true],
    ['-- one\n-- two\nInsert into t values (1)', true],
    ['WITH new AS (INSERT INTO t VALUES (1) RETURNING id) SELECT * FROM new', true],
    ['SELECT 1 /* INSERT INTO t */', false],
    ['WITH old AS (SELECT 1) SELECT * FROM old', false],
    ["UPDATE t SET name = 'insert into'", false],
    ['', false],
  ])('%j: %s', (text, is) => expect(isInsert(text)).toBe(is))
})

describe('a client', () => {
  let pair: Pair
  afterEach(() => pair.close())

  it('that asks for encryption is told that there is none, and led on', async () => {
    pair = await Pair.start()
    const socket = connect(pair.proxy.port, '127.0.0.1')
    socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]))
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(first.toString()).toBe('N')
    socket.write(Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 0]))
    const second = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(String.fromCharCode(second[0] as number)).toBe('R')
    socket.destroy()
  })

  it('that said goodbye and waits for the server to hang up has nothing against it', async () => {
    pair = await Pair.start()
    const socket = connect(pair.proxy.port, '127.0.0.1')
    socket.write(Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 0]))
    await new Promise((resolve) => socket.once('data', resolve))
    socket.write(message('X', Buffer.alloc(0)))
    await new Promise((resolve) => socket.once('end', resolve))
    expect(await pair.status()).toMatchObject({ epoch: 0, sessions: { open: 0, total: 1 }, troubles: [] })
  })

  it('is told 57P03 when the leader cannot be reached', async () => {
    pair = await Pair.start()
    await pair.primary.close()
    await expect(pair.begin().connected).rejects.toMatchObject({ code: '57P03' })
  })
})

describe('the flags', () => {
  const nodes = ['--primary', 'a=10.0.0.1:5432', '--standby', 'b=10.0.0.2:5432']

  it('have defaults', () => {
    expect(readOptions(nodes, { PGPASSWORD: 'secret' })).toMatchObject({
      nodes: [
        { name: 'a', host: '10.0.0.1', port: 5432 },
        { name: 'b', host: '10.0.0.2', port: 5432 },
      ],
      listenPort: 5430,
      isFenced: false,
      password: 'secret',
      settings: { fall: 3, overMs: 3_000, hearsWithinMs: 3_000 },
    })
    expect(readOptions([...nodes, '--fenced'], {}).isFenced).toBe(true)
    expect(readOptions([...nodes, '--rule=fenced'], {}).isFenced).toBe(true)
  })

  it.each([
    [['--primary', 'nowhere'], 'expected NAME=HOST:PORT'],
    [nodes.slice(0, 2), "required option '--standby <name=host:port>' not specified"],
    [[...nodes.slice(0, 3), 'a=10.0.0.2:5432'], '--primary and --standby are both called a'],
    [[...nodes, '--port', '-1'], 'expected a whole number above 0'],
    [[...nodes, '--over'], "'--over <ms>' argument missing"],
    [[...nodes, '--over', '999999'], 'may not span more than'],
    [[...nodes, '--rule', 'wise'], 'Allowed choices are naive, fenced'],
    [[...nodes, '--fal', '3'], "unknown option '--fal'"],
    [[...nodes, 'extra'], 'too many arguments'],
  ])('that are wrong are told, and what would be right: %j', (args, problem) => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    onTestFinished(() => said.mockRestore())
    expect(() => readOptions(args, {})).toThrow(problem)
    expect(said.mock.calls.join('')).toContain(problem)
  })
})
