/** Columns padded to their widest cell; wide characters count double, as terminals draw them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) =>
    // Not Math.max(...): a model may have more rows than a call has arguments.
    all.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), 0),
  )
  return all
    .map(row =>
      row
        .map((cell, column) => cell + ' '.repeat(Math.max(0, widths[column]! - widthOf(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function widthOf(text: string): number {
  let width = 0
  for (const character of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        character,
      )
        ? 2
        : 1
  return width
}
