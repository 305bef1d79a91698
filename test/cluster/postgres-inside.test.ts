import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/log/clock.ts'
import type { EventBody, LabEvent } from '../../src/model/events.ts'
import { observePostgresInside } from '../../src/observe/postgres-inside.ts'

const run = promisify(execFile)
const BIN = 'PATH=/usr/lib/postgresql/17/bin:$PATH'
let container = ''

const shell = async (command: string) =>
  run('docker', ['exec', '-u', 'postgres', container, 'sh', '-c', `${BIN}; ${command}`])

/** What the first question finds. */
async function asked(isStopping = false): Promise<unknown> {
  const stop = new AbortController()
  const seen = Promise.withResolvers<EventBody>()
  const done = observePostgresInside(
    {
      log: {
        append(event) {
          seen.resolve(event)
          return { ...event, seq: 1, atMs: 0 } as LabEvent
        },
      },
      clock: systemClock(),
      containers: {
        async exec(service, command) {
          const { stdout } = await run('docker', ['exec', service, ...command])
          return { code: 0, stdout }
        },
      },
      nodes: [{ name: 'node', service: container }],
      isCutOff: () => !isStopping,
      isStopping: () => isStopping,
    },
    stop.signal,
  )
  const event = await seen.promise
  stop.abort()
  await done
  return event.type === 'postgres.inside' ? event.reading : event
}

const started = () => shell('pg_ctl -D /tmp/data -w -l /tmp/log -o "-k /var/run/postgresql" start')

/** One that was told to stop, and has to wait with that: for its last checkpoint. */
async function startedAndStopping(): Promise<void> {
  await started()
  await shell('kill -STOP $(pgrep -f "postgres: [c]heckpointer")')
  await shell('kill -INT $(head -1 /tmp/data/postmaster.pid)')
  await shell('until grep -q "fast shutdown" /tmp/log; do sleep 0.1; done')
}

beforeEach(async () => {
  const { stdout } = await run('docker', ['run', '-d', '--rm', '--init', '--entrypoint', 'sleep', 'patroni', '300'])
  container = stdout.trim()
  await shell('initdb -D /tmp/data -A trust --no-sync -c fsync=off')
})

afterEach(async () => {
  await run('docker', ['kill', container])
})

test('a container in which no PostgreSQL runs says that it is gone', async () => {
  expect(await asked()).toEqual({ ok: true, value: { type: 'gone' } })
})

test('one that recovers from a crash in single-user mode has no client and takes none', async () => {
  await shell(
    'mkfifo /tmp/in; (postgres --single -D /tmp/data postgres < /tmp/in > /tmp/out 2>&1 &); sleep 300 > /tmp/in & until grep -q backend /tmp/out; do sleep 0.1; done',
  )
  expect(await asked()).toEqual({ ok: true, value: { type: 'refuses' } })
})

test('one that serves says what it is; one that hangs while clients may be connected is not known', async () => {
  await started()
  expect(await asked()).toMatchObject({ ok: true, value: { type: 'answers', isInRecovery: false } })
  await shell('kill -STOP $(head -1 /tmp/data/postmaster.pid)')
  expect(await asked()).toMatchObject({ ok: false })
})

test('one that stops and waits for a connection on which nobody has said anything has no session and takes none', async () => {
  await startedAndStopping()
  // It comes while the server stops already.
  await shell("(bash -c 'exec 3<>/dev/tcp/127.0.0.1/5432; touch /tmp/connected; sleep 300' &) > /dev/null 2>&1")
  await shell('until [ -e /tmp/connected ]; do sleep 0.1; done; kill -CONT $(pgrep -f "postgres: [c]heckpointer")')
  await shell('while pgrep -f "postgres: [c]heckpointer"; do sleep 0.1; done')
  expect(await asked()).toEqual({ ok: true, value: { type: 'stopping' } })
})

test('one that takes no sessions says whether it starts or stops', async () => {
  await startedAndStopping()
  expect(await asked()).toEqual({ ok: true, value: { type: 'stopping' } })
  await shell("sed -i '1s/.*/99999/' /tmp/data/postmaster.pid")
  expect(await asked(), 'the pid file is that of a server before').toEqual({ ok: true, value: { type: 'refuses' } })
  await shell('kill -KILL $(pgrep postgres)')
  await shell('until ! pgrep postgres; do sleep 0.1; done')
  await shell(`touch /tmp/data/recovery.signal; echo "restore_command = 'sleep 299'" >> /tmp/data/postgresql.conf`)
  await shell('pg_ctl -D /tmp/data -W -l /tmp/log -o "-k /var/run/postgresql" start')
  await shell('until pgrep -f "[s]leep 299"; do sleep 0.1; done')
  expect(await asked()).toEqual({ ok: true, value: { type: 'refuses' } })
})

test('one that was stopping, and has ended and taken its pid file away by when that is looked at, is known to have stopped', async () => {
  await startedAndStopping()
  // It ends as soon as it was asked.
  const ends = 'kill -KILL $(pgrep postgres); rm /tmp/data/postmaster.pid; while pgrep postgres; do sleep 0.1; done'
  const asks = `#!/bin/sh\n${BIN.split('=')[1]?.split(':')[0]}/pg_isready.real "$@"; said=$?; { ${ends}; } > /dev/null; exit $said`
  const asRoot = (...command: string[]) => run('docker', ['exec', '-u', 'root', container, ...command])
  await asRoot(
    'sh',
    '-c',
    `cd /usr/lib/postgresql/17/bin && mv pg_isready pg_isready.real && printf '%s' "$1" > pg_isready && chmod 755 pg_isready`,
    'sh',
    asks,
  )
  expect(await asked()).toEqual({ ok: true, value: { type: 'stopping' } })
})

test('one whose container was told to stop is waited for, and gone as soon as it has ended', async () => {
  await started()
  await shell('(sleep 1; kill -INT $(head -1 /tmp/data/postmaster.pid)) > /dev/null 2>&1 &')
  expect(await asked(true)).toEqual({ ok: true, value: { type: 'gone' } })
})
