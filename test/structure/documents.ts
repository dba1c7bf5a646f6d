import { readdirSync, readFileSync } from 'node:fs'

/** The texts that users read. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'README.zh-CN.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .sort()
    .map(name => `docs/${name}`),
]

export function readDocument(path: string): string {
  return readFileSync(path, 'utf8')
}

export interface Block {
  /** What stands behind the opening fence: `yaml ballast`. */
  readonly info: string
  readonly text: string
  /** Of the opening fence, from 1. */
  readonly line: number
  /** The last line that is not empty before it. */
  readonly before: string
}

/** The fenced blocks of a Markdown text, indented ones too. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { info: string; line: number; before: string; indent: number; lines: string[] } | undefined
  let before = ''
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^( *)```(.*)$/.exec(line)
    if (fence && open) {
      blocks.push({
        info: open.info,
        text: `${open.lines.join('\n')}\n`,
        line: open.line,
        before: open.before,
      })
      open = undefined
    } else if (fence) {
      open = { info: fence[2]!.trim(), line: index + 1, before, indent: fence[1]!.length, lines: [] }
    } else if (open) open.lines.push(line.slice(open.indent))
    if (line.trim() !== '') before = line.trim()
  }
  if (open) throw new Error(`The block that opens in line ${open.line} is never closed`)
  return blocks
}

/** The tables of a Markdown text: rows of cells, the heading first, the rule left out. */
export function tablesOf(markdown: string): readonly (readonly (readonly string[])[])[] {
  const tables: string[][][] = []
  let table: string[][] | undefined
  for (const line of markdown.split('\n')) {
    if (!line.startsWith('|')) {
      table = undefined
      continue
    }
    if (!table) {
      table = []
      tables.push(table)
    }
    if (/^\|[ :|-]+\|$/.test(line)) continue
    table.push(
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map(cell => cell.trim()),
    )
  }
  return tables
}

/** `a`, `b` of a cell that holds code. */
export function codesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)
}
