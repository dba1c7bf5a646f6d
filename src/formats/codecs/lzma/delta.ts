/** Undoes delta filters, of which each stored differences to the byte `distance` before; the last one applied first. */
export async function* undelta(
  pieces: AsyncIterable<Uint8Array>,
  distances: readonly number[],
): AsyncGenerator<Uint8Array, void> {
  const filters = distances.toReversed().map(distance => ({ distance, history: new Uint8Array(256), at: 0 }))
  for await (const piece of pieces) {
    // A copy: matches refer to what stands in the decoder's window.
    const bytes = Uint8Array.from(piece)
    for (const filter of filters) {
      const { distance, history } = filter
      let at = filter.at
      for (let index = 0; index < bytes.byteLength; index++) {
        const value = (bytes[index]! + history[(at + 256 - distance) & 255]!) & 255
        bytes[index] = value
        history[at] = value
        at = (at + 1) & 255
      }
      filter.at = at
    }
    yield bytes
  }
}
