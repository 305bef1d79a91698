import type { Duplex } from 'node:stream'

/** From ten logins at a time on sshd turns some away by chance (MaxStartups 10:30:100), and others may log in as well. */
const MOST = 4
/** For whoever is let in, and has nothing to say. */
const OVER_AFTER_MS = 5_000

interface Logins {
  underWay: number
  readonly waiting: (() => void)[]
}

const all = new Map<string, Logins>()

/**
 * Opens a connection once fewer than four others log in at that place. A login is over as soon as the other side says
 * anything (`answered`), when the connection is closed, or after five seconds. Rejects where `open` throws.
 */
export async function inTurn<T extends Duplex>(where: string, open: () => T): Promise<T> {
  const logins = all.get(where) ?? { underWay: 0, waiting: [] }
  all.set(where, logins)
  if (logins.underWay < MOST) logins.underWay++
  else await new Promise<void>((resolve) => logins.waiting.push(resolve))
  let isOver = false
  const over = () => {
    clearTimeout(timer)
    if (isOver) return
    isOver = true
    const next = logins.waiting.shift()
    if (next === undefined) logins.underWay--
    else next()
  }
  const timer = setTimeout(over, OVER_AFTER_MS).unref()
  try {
    return open().once('answered', over).once('close', over)
  } catch (error) {
    over()
    throw error
  }
}
