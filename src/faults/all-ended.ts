/** Like Promise.all, but waits until each has ended before it rejects as the first that failed. */
export async function allEnded<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all)
  return Promise.all(all)
}
