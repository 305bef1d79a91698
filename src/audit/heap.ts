/** A priority queue: the least comes out first. */
export interface Heap<T> {
  push(item: T): void
  peek(): T | undefined
  pop(): T | undefined
}

export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = []
  const swap = (a: number, b: number) => {
    const item = items[a] as T
    items[a] = items[b] as T
    items[b] = item
  }
  const isMisplaced = (child: number, parent: number) => isBefore(items[child] as T, items[parent] as T)
  const sink = () => {
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1
      if (left >= items.length) return
      const child = left + 1 < items.length && isMisplaced(left + 1, left) ? left + 1 : left
      if (!isMisplaced(child, parent)) return
      swap(child, parent)
      parent = child
    }
  }
  return {
    push(item) {
      items.push(item)
      for (let child = items.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1
        if (!isMisplaced(child, parent)) return
        swap(child, parent)
        child = parent
      }
    },
    peek: () => items[0],
    pop() {
      const least = items[0]
      const last = items.pop()
      if (items.length > 0) {
        items[0] = last as T
        sink()
      }
      return least
    },
  }
}
