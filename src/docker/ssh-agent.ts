import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Agent } from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Duplex, pipeline } from 'node:stream'
import { http } from './node-http.ts'
import { inTurn } from './ssh-logins.ts'

/** Whom to reach, as in `ssh://user@host:port`. */
export interface SshTarget {
  readonly host: string
  readonly port: number | null
  readonly user: string | null
}

/**
 * An HTTP agent whose connections run through `ssh HOST docker system dial-stdio`, which is what the docker CLI does:
 * so the user's own ssh configuration, keys and known hosts hold. Never asks for a password. Idle connections are
 * kept for the next call, because a new one costs a login.
 */
export function sshAgent(target: SshTarget, environment: NodeJS.ProcessEnv): Agent {
  const agent = new http.Agent({ keepAlive: true })
  const connect = (_options: unknown, onCreated: (error: Error | null, connection?: Duplex) => void) => {
    void openSsh(target, environment).then((connection) => onCreated(null, connection), onCreated)
  }
  return Object.assign(agent, { createConnection: connect })
}

const LAST_WORDS_MS = 200

/** Rejects where no process can be made: most of the reasons throw (ENOMEM, ETXTBSY), only some are events (ENOENT). */
function openSsh(target: SshTarget, environment: NodeJS.ProcessEnv): Promise<SshConnection> {
  const { host, port, user } = target
  return inTurn(`${user}@${host}:${port}`, () => new SshConnection(spawnSsh(target, environment)))
}

function spawnSsh({ host, port, user }: SshTarget, environment: NodeJS.ProcessEnv) {
  const options = ['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10']
  const login = [...(user === null ? [] : ['-l', user]), ...(port === null ? [] : ['-p', String(port)])]
  const command = [...options, ...login, '--', host, 'docker', 'system', 'dial-stdio']
  return spawn('ssh', command, { env: environment, stdio: 'pipe' })
}

/** The child's two pipes as one stream, with the few methods of a socket that an HTTP agent calls. */
class SshConnection extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams
  /** The other side has said something: until then whatever breaks is for ssh to explain, as it ends. */
  #isAnswered = false

  constructor(child: ChildProcessWithoutNullStreams) {
    // One that the other side has ended is no connection: kept for the next call, that would fail by it.
    super({ allowHalfOpen: false })
    this.#child = child
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-1_000)))
    child.on('error', (error) => this.destroy(error))
    child.on('exit', (code) => {
      // 255 are its own errors: no route, wrong key, unknown host. Else there is no docker, or none for that user.
      if (code !== 255 && (code === 0 || this.#isAnswered)) return
      const explain = () => void this.destroy(sshError(said, code, this.#isAnswered))
      child.once('close', explain)
      // A master of shared connections that it has left behind may keep its pipes.
      setTimeout(explain, LAST_WORDS_MS).unref()
    })
    child.on('close', (code) => code === 0 && this.push(null))
    child.stdout.once('data', () => {
      this.#isAnswered = true
      this.emit('answered')
    })
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.stdout.on('end', () => this.#isAnswered && this.push(null))
    for (const pipe of [child.stdout, child.stderr]) pipe.on('error', (error) => this.destroy(error))
    child.stdin.on('error', (error) => this.#isAnswered && this.destroy(error))
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const { stdin } = this.#child
    const written = (error?: Error | null) => done(this.#isAnswered ? error : null)
    // HTTP ends a request by an empty one. Where that comes late, the command that was asked for may have ended by then, and
    // ssh with it: the pipe would say that it broke, of a request that was sent whole and answered.
    if (chunk.length === 0) done()
    // Its ssh has ended, and what that said last is still to come.
    else if (stdin.destroyed) written(Object.assign(new Error('ssh has ended'), { code: 'EPIPE' }))
    else stdin.write(chunk, written)
  }

  override _final(done: () => void): void {
    // With ssh gone its end of the pipe is closed anyway, and one that is closed calls nobody back.
    if (this.#child.stdin.destroyed) done()
    else this.#child.stdin.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Whatever ssh makes of the signal, it loses its pipes and is not waited for.
    this.#child.stdin.destroy()
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
    this.#child.kill()
    this.#child.unref()
    done(error)
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  /** An idle connection must not keep the lab's process alive. */
  unref(): this {
    this.#child.unref()
    for (const pipe of this.#pipes()) (pipe as { unref?(): void }).unref?.()
    return this
  }

  #pipes() {
    return [this.#child.stdin, this.#child.stdout, this.#child.stderr]
  }

  ref(): this {
    this.#child.ref()
    for (const pipe of this.#pipes()) (pipe as { ref?(): void }).ref?.()
    return this
  }
}

/** `ESSH` is of a login that failed; later it is a connection that broke, as any other does. */
function sshError(said: string, code: number | null, wasAnswered: boolean): Error {
  const last = said.trim().split('\n').at(-1)?.trim()
  const error = new Error(last || `ssh ended with ${code ?? 'a signal'}`)
  return Object.assign(error, { code: wasAnswered ? 'ECONNRESET' : 'ESSH' })
}

/**
 * A socket on this machine that leads to that engine, for tools that know no ssh. In a folder that nobody else can open.
 * @returns its address, as in DOCKER_HOST
 */
export async function sshSocket(
  target: SshTarget,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly address: string; close(): Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-engine-'))
  const open = new Set<Duplex>()
  const server = net.createServer({ allowHalfOpen: true }, async (socket) => {
    open.add(socket)
    // However one side ends, the other one does; while there is no other yet, it ends by itself.
    socket.on('error', () => {})
    const connection = await openSsh(target, environment).catch((error) => void socket.destroy(error))
    if (connection) pipeline(socket, connection, socket, () => open.delete(socket))
  })
  const file = path.join(folder, 'docker.sock')
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(file, resolve))
  return {
    address: `unix://${file}`,
    async close() {
      server.close()
      for (const each of open) each.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
