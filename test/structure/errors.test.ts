import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { InferenceError, type InferenceErrorCode, statusOf } from '../../src/inference/errors.ts'
import { STATUS } from '../../src/server/http/status.ts'
import { codesIn, readDocument, tablesOf } from './documents.ts'

/** Sections of docs/errors.md, by the part of the sources whose codes they hold. */
const SECTION: Readonly<Record<string, string>> = {
  core: 'Core',
  formats: 'Formats',
  convert: 'Convert',
  model: 'Model',
  evaluate: 'Evaluate',
  optimize: 'Optimize',
  pipeline: 'Pipeline',
  rollout: 'Rollout',
  registry: 'Registry',
  access: 'Access',
  git: 'Git',
  storage: 'Storage',
  server: 'Server',
  inference: 'Inference',
  runner: 'Runner',
  api: 'API client',
  cli: 'Command',
}

const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
  .map(name => {
    const text = readFileSync(`src/${name}`, 'utf8')
    return { part: name.split(/[\\/]/)[0]!, text }
  })

/** Members of `type <name> = 'A' | 'B' …`: literals up to the first line that is no member and no comment. */
function unionMembers(text: string, name: RegExp): readonly string[] {
  const members: string[] = []
  for (const found of text.matchAll(name)) {
    const body = text.slice(found.index + found[0].length)
    const end = body.search(/\n(?=[^\s|])|\n\n/)
    const plain = (end < 0 ? body : body.slice(0, end)).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    members.push(...[...plain.matchAll(/'([A-Z][A-Z0-9_]+)'/g)].map(([, code]) => code!))
  }
  return members
}

/** Codes by part: of its closed unions, and those thrown with an open class in its own files. */
function codesOfSources(): ReadonlyMap<string, ReadonlySet<string>> {
  const codes = new Map<string, Set<string>>()
  for (const { part, text } of SOURCES) {
    const own = codes.get(part) ?? new Set()
    codes.set(part, own)
    for (const code of unionMembers(text, /type \w+ErrorCode\s*=/g)) own.add(code)
    for (const [, code] of text.matchAll(/new (?:Ballast|Api)Error\(\s*'([A-Z][A-Z0-9_]+)'/g)) own.add(code!)
  }
  return codes
}

interface Row {
  readonly code: string
  readonly status: string | undefined
}

const SECTIONS: ReadonlyMap<string, readonly Row[]> = new Map(
  readDocument('docs/errors.md')
    .split(/^## /m)
    .slice(1)
    .map(section => {
      const [table = []] = tablesOf(section)
      const withStatus = table[0]?.[1] === 'HTTP'
      const rows = table.slice(1).map(row => ({
        code: codesIn(row[0]!)[0]!,
        status: withStatus ? row[1] : undefined,
      }))
      return [section.split('\n')[0]!.trim(), rows] as const
    }),
)

const CODES = codesOfSources()

describe('docs/errors.md', () => {
  test('has a section for each part that has codes', () => {
    const withCodes = [...CODES].filter(([, codes]) => codes.size > 0).map(([part]) => part)
    expect(withCodes.toSorted()).toEqual(Object.keys(SECTION).toSorted())
  })

  test.each(Object.entries(SECTION))('%s: the section %s has its codes, and no others', (part, title) => {
    const told = SECTIONS.get(title)!.map(({ code }) => code)
    expect(told.toSorted()).toEqual([...CODES.get(part)!].toSorted())
  })

  test('the diagnostics are those of config and pipeline', () => {
    const codes = SOURCES.flatMap(({ text }) => [
      ...unionMembers(text, /type ConfigDiagnosticCode\s*=/g),
      ...unionMembers(text, /type PlanProblemCode\s*=/g),
    ])
    const told = SECTIONS.get('Diagnostics of ballast.yaml')!.map(({ code }) => code)
    expect(told.toSorted()).toEqual(codes.toSorted())
  })

  test('the statuses are those that the control plane answers with', () => {
    const told = new Map<string, string>()
    for (const [title, rows] of SECTIONS) {
      if (title === SECTION['inference'] || title === 'Not ours') continue
      for (const { code, status } of rows) {
        if (status === undefined) continue
        expect(status, code).toBe(String(STATUS[code] ?? '–'))
        told.set(code, status)
      }
    }
    for (const code of Object.keys(STATUS)) expect(told.get(code), code).toBeDefined()
  })

  test('the statuses of predictions are those that the gateway answers with', () => {
    for (const { code, status } of SECTIONS.get(SECTION['inference']!)!) {
      const error = new InferenceError(code as InferenceErrorCode, { message: code })
      expect(status, code).toBe(String(statusOf(error)))
    }
  })
})
