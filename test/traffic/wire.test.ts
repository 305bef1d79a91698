import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Incoming, type OnMessage, Outgoing, readColumns, readFields, readRow } from '../../src/traffic/wire.ts'

// Literal bytes, as PostgreSQL 17 sends and takes them.

const bytes = (latin1: string) => Buffer.from(latin1, 'latin1')

const STREAM = bytes(
  '1\0\0\0\x04' +
    't\0\0\0\x0a\0\x01\0\0\0\x19' +
    'T\0\0\0\x1b\0\x01id\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0' +
    '2\0\0\0\x04' +
    'D\0\0\0\x0c\0\x01\0\0\0\x02' +
    '42' +
    'C\0\0\0\x0fINSERT 0 1\0' +
    'Z\0\0\0\x05I',
)
const TYPES = '1tT2DCZ'

function told(parts: readonly Buffer[]): { readonly types: string; readonly bodies: readonly string[] } {
  const incoming = new Incoming()
  const bodies: string[] = []
  let types = ''
  const onMessage: OnMessage = (type, lent, from, to) => {
    types += String.fromCharCode(type)
    bodies.push(lent.toString('latin1', from, to))
  }
  for (const part of parts) {
    // The bytes that arrive are only lent: the next read overwrites them.
    const lent = Buffer.from(part)
    expect(incoming.take(lent, lent.length, onMessage)).toBe(true)
    lent.fill(0xee)
  }
  return { types, bodies }
}

describe('what arrives', () => {
  const whole = told([STREAM])

  it('is told message by message', () => {
    expect(whole.types).toBe(TYPES)
    expect(whole.bodies.slice(-3)).toEqual(['\0\x01\0\0\0\x0242', 'INSERT 0 1\0', 'I'])
  })

  it('is told alike wherever it is cut in two, also byte by byte', () => {
    for (let at = 1; at < STREAM.length; at++) {
      expect(told([STREAM.subarray(0, at), STREAM.subarray(at)]), `cut at ${at}`).toEqual(whole)
    }
    expect(told(Array.from(STREAM, (byte) => Buffer.from([byte])))).toEqual(whole)
  })

  it('that ends in the middle of a message tells the messages before it', () => {
    for (let at = 1; at < STREAM.length; at++) expect(TYPES.startsWith(told([STREAM.subarray(0, at)]).types)).toBe(true)
    expect(told([STREAM.subarray(0, -1)]).types).toBe('1tT2DC')
  })

  it('whose length cannot be is no PostgreSQL', () => {
    expect(new Incoming().take(bytes('Z\0\0\0\x03I'), 6, () => {})).toBe(false)
  })
})

describe('what is sent', () => {
  function sent(act: (outgoing: Outgoing) => void): string {
    let written = ''
    const write = (chunk: Buffer, _: unknown, done: () => void) => {
      written += chunk.toString('latin1')
      done()
    }
    const outgoing = new Outgoing()
    act(outgoing)
    outgoing.flush(new Duplex({ write }))
    return written
  }

  it('is Bind, Execute and Sync for what was prepared', () => {
    expect(sent((to) => to.execute('w', ['a', 'é']))).toBe(
      'B\0\0\0\x18\0w\0\0\0\0\x02\0\0\0\x01a\0\0\0\x02\xc3\xa9\0\0E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04',
    )
  })

  it.each(['Иван', 'aя€', 'я😀'])('is UTF-8: %s', (text) => {
    expect(sent((to) => to.query(text)).slice(5, -1)).toBe(Buffer.from(text).toString('latin1'))
  })

  it('is Parse and Describe the first time, and plain text as it is', () => {
    expect(sent((to) => to.parse('w', 'SELECT 1'))).toBe('P\0\0\0\x11w\0SELECT 1\0\0\0D\0\0\0\x07Sw\0')
    expect(sent((to) => to.query('BEGIN'))).toBe('Q\0\0\0\x0aBEGIN\0')
  })

  it('may be longer than the buffer, also together with what waits there', () => {
    const long = 'é'.repeat(5_000)
    const written = sent((to) => {
      to.query('BEGIN')
      to.execute('w', [long, 'b'])
      to.query(long)
    })
    expect(written.length).toBe(11 + (5 + 1 + 2 + 2 + 2 + 4 + 10_000 + 4 + 1 + 2) + 10 + 5 + (5 + 10_000 + 1))
    expect(written.endsWith('\xc3\xa9\0')).toBe(true)
  })

  it('is what it is now, also when the last was as long or the buffer has grown', () => {
    const sent: string[] = []
    const socket = new Duplex({ write: (chunk, _, done) => done(void sent.push(chunk.toString('latin1', 5, 8))) })
    const outgoing = new Outgoing()
    for (const text of ['one', 'two', 'x'.repeat(5_000), 'six']) {
      outgoing.query(text)
      outgoing.flush(socket)
    }
    expect(sent).toEqual(['one', 'two', 'xxx', 'six'])
  })

  it('is not overwritten while the kernel has not taken it', async () => {
    const chunks: Buffer[] = []
    let taken = () => {}
    const socket = new Duplex({
      write: (chunk, _, done) => {
        chunks.push(chunk)
        taken = done
      },
    })
    const outgoing = new Outgoing()
    outgoing.query('first')
    outgoing.flush(socket)
    outgoing.query('second')
    outgoing.flush(socket)
    taken()
    await new Promise((resolve) => setImmediate(resolve))
    expect(chunks.map((chunk) => chunk.toString('latin1', 5, chunk.length - 1))).toEqual(['first', 'second'])
  })
})

describe('a message', () => {
  const column = (name: string, type: number) =>
    `${name}\0\0\0\0\0\0\0\0\0${String.fromCharCode(type >> 8, type & 255)}\0\x04\xff\xff\xff\xff\0\0`

  it('of rows gives numbers as numbers, int8 as text, and nulls', () => {
    const names = { id: 23, small: 21, minus: 23, lsn: 701, far: 701, big: 20, is: 16, text: 25, none: 25 }
    const columns = readColumns(
      bytes(
        `\0\x09${Object.entries(names)
          .map(([name, type]) => column(name, type))
          .join('')}`,
      ),
      0,
    )
    const values = ['42', '7', '-3', '50331744', '1.5e+300', '9007199254740993', 't', '\xc3\xa9']
    const texts = values.map((value) => `\0\0\0${String.fromCharCode(value.length)}${value}`).join('')
    expect(readRow(columns, bytes(`\0\x09${texts}\xff\xff\xff\xff`), 0)).toEqual({
      id: 42,
      small: 7,
      minus: -3,
      lsn: 50331744,
      far: 1.5e300,
      big: '9007199254740993',
      is: true,
      text: 'é',
      none: null,
    })
  })

  it('of rows leaves a column to whoever reads it, but for a null', () => {
    const description = bytes(`\0\x02${column('id', 23)}${column('none', 23)}`)
    const read = (lent: Buffer, from: number, to: number) => lent.toString('latin1', from, to).repeat(2)
    const columns = readColumns(description, 0, { id: read, none: read })
    expect(readRow(columns, bytes('\0\x02\0\0\0\x0242\xff\xff\xff\xff'), 0)).toEqual({ id: '4242', none: null })
  })

  it('of an error says its SQLSTATE, its text and its function', () => {
    const error = bytes('SERROR\0VERROR\0C23505\0Mno\0Fnbtinsert.c\0R_bt_check_unique\0\0')
    expect(readFields(error, 0, error.length)).toEqual({ code: '23505', message: 'no', routine: '_bt_check_unique' })
  })
})
