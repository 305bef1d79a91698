import { expect, test } from 'vitest'
import { readAnswer } from '../../src/observe/plain-http.ts'

const ANSWERS: readonly (readonly [said: string, answer: ReturnType<typeof readAnswer>])[] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nh\u00e4me', { status: 200, body: 'häme', isKept: true }],
  ['HTTP/1.1 503 No\r\ncontent-length:2\r\nConnection: close\r\n\r\nno', { status: 503, body: 'no', isKept: false }],
  ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', { status: 200, body: 'ok', isKept: false }],
  ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', { status: 200, body: '', isKept: true }],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n',
    { status: 200, body: 'abc0123456789', isKept: true },
  ],
  [
    'HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n',
    { status: 401, body: '', isKept: true },
  ],
  ['HTTP/1.1 204 Nothing\r\n\r\n', { status: 204, body: '', isKept: true }],
  [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
    { status: 200, body: 'x', isKept: true },
  ],
]

test.each(ANSWERS)('%j is an answer, and no part of it is', (said, answer) => {
  const bytes = Buffer.from(said)
  expect(readAnswer(bytes, false)).toEqual(answer)
  for (let length = 0; length < bytes.length; length++) {
    expect(readAnswer(bytes.subarray(0, length), false)).toBeNull()
    expect(readAnswer(bytes.subarray(0, length), true)).toBeNull()
  }
})

test('an answer of no length goes on until the connection ends', () => {
  const bytes = Buffer.from('HTTP/1.0 200 OK\r\n\r\nall of it')
  expect(readAnswer(bytes, false)).toBeNull()
  expect(readAnswer(bytes, true)).toEqual({ status: 200, body: 'all of it', isKept: false })
})

test('what nobody asked for after an answer ends the connection', () => {
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 400 Late')
  expect(readAnswer(bytes, false)).toEqual({ status: 200, body: 'ok', isKept: false })
})

test.each([
  'SSH-2.0-OpenSSH_9.2\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n',
  'x'.repeat(70_000),
])('what is no HTTP is said to be none (%#)', (said) => {
  expect(() => readAnswer(Buffer.from(said), false)).toThrow('not HTTP')
})
