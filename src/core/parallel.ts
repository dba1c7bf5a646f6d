/** Does `work` for every item, so many at once. Where one throws, none is begun after it, and that is thrown. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  let failed = false
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++
      try {
        await work(items[index]!, index)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const done = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  const failure = done.find(({ status }) => status === 'rejected')
  if (failure?.status === 'rejected') throw failure.reason
}
