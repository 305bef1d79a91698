/** How a command ended. Output is cut at 64 KiB each. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const KEPT_BYTES = 64 * 1024

/** All that a stream gives. */
export async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/**
 * Output without a terminal comes in frames: the stream's number (1 stdout, 2 stderr), three zeros, the length as four
 * bytes, then so many bytes (Docker Engine API, "Attach to a container", stream format).
 */
export function demultiplex(bytes: Buffer, mostBytes = KEPT_BYTES): { stdout: string; stderr: string } {
  const parts: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4)
    parts[bytes[at] === 2 ? 'stderr' : 'stdout'].push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8')
  return { stdout: text(parts.stdout), stderr: text(parts.stderr) }
}
