import type { Socket } from 'node:net'
import { column, cstring, int16, int32, letIn, message, ready } from '../wire-bytes.ts'
import { type Listening, tcpServer } from './fakes.ts'

/** What the fake says: a row by column name, an error by SQLSTATE, or nothing at all. */
type Say = { row: Record<string, string | null> } | { error: string } | 'nothing'

export interface FakePostgres extends Listening {
  /** Decides what is said to a connection that begins; by default it is let in. */
  atStart: () => 'let in' | Say
  /** `sql` is the text of the statement that is being run. */
  atQuery: (sql: string) => Say
  /** Connections that were let in so far. */
  sessions: number
  /** Ends every connection from the server's side, as a shutdown does; resolves when the clients have closed them. */
  shutDown(): Promise<unknown>
}

/** Speaks just enough of protocol 3.0 (PostgreSQL 17, chapter 53) for clients that send one query after the other. */
export async function fakePostgres(port?: number): Promise<FakePostgres> {
  const sockets = new Set<Socket>()
  const fake: Omit<FakePostgres, keyof Listening> = {
    atStart: () => 'let in',
    atQuery: () => 'nothing',
    sessions: 0,
    shutDown: () => {
      const closed = (socket: Socket) => new Promise((resolve) => socket.end(failure('57P01')).on('close', resolve))
      return Promise.all([...sockets].map(closed))
    },
  }
  const server = await tcpServer((socket) => {
    let isStarted = false
    let sql = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      if (!isStarted) {
        isStarted = true
        const said = fake.atStart()
        if (said !== 'let in') return say(socket, said, true)
        fake.sessions++
        socket.write(Buffer.concat([letIn, ready]))
        return
      }
      const parsed = bytes.toString('latin1')
      if (parsed.startsWith('P') || parsed.startsWith('Q')) sql = parsed
      // Sync is the last of the messages that make a query, and always alone at the end.
      if (parsed.startsWith('Q') || bytes.subarray(-5).equals(message('S'))) say(socket, fake.atQuery(sql), false)
    })
  }, port)
  return Object.assign(fake, server)
}

function say(socket: Socket, said: Say, isLast: boolean): void {
  if (said === 'nothing') return
  if ('error' in said) {
    if (isLast) socket.end(failure(said.error))
    else socket.write(Buffer.concat([failure(said.error), ready]))
    return
  }
  const columns = Object.keys(said.row).map((name) => column(name, typeOf(name)))
  const values = Object.values(said.row).map((value) =>
    value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
  )
  socket.write(
    Buffer.concat([
      message('1'),
      message('2'),
      message('T', int16(columns.length), ...columns),
      message('D', int16(values.length), ...values),
      message('C', cstring('SELECT 1')),
      ready,
    ]),
  )
}

const typeOf = (column: string) => {
  if (/^(marked|prepared)$/.test(column)) return 114
  return column.startsWith('is_') ? 16 : /_timeline$/.test(column) ? 23 : 25
}

function failure(code: string): Buffer {
  return message('E', cstring('SFATAL'), cstring('VFATAL'), cstring(`C${code}`), cstring('Mno'), Buffer.alloc(1))
}
