import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { ballastSchema, parseConfig } from '../../src/config/index.ts'
import { formatDiagnostic, type Json } from '../../src/core/index.ts'
import {
  ATTEMPT_TRANSITIONS,
  JOB_TRANSITIONS,
  PIPELINE_TRANSITIONS,
  PUSH_TRANSITIONS,
  type Transitions,
} from '../../src/pipeline/index.ts'
import { ROLLOUT_TRANSITIONS } from '../../src/rollout/index.ts'
import { blocksOf, codesIn, DOCUMENTS, readDocument, tablesOf } from './documents.ts'

const ARCHITECTURE = readDocument('docs/architecture.md')

/** Plain JavaScript, so what is read of it is said here. */
interface Law {
  readonly forbidden: readonly { readonly name: string; readonly to: { readonly pathNot?: string } }[]
}

interface Drawing {
  /** `running --> failed`, with `: event` where it is drawn. */
  readonly steps: readonly string[]
  readonly first: readonly string[]
  readonly last: readonly string[]
}

function drawingOf(name: string): Drawing {
  const block = blocksOf(ARCHITECTURE).find(({ before }) => before === `<!-- states: ${name} -->`)
  const lines = (block?.text ?? '').trim().split('\n')
  expect(lines[0]).toBe('stateDiagram-v2')
  const steps = lines.slice(1).map(line => line.trim())
  for (const step of steps) expect(step).toMatch(/^(\[\*\]|[a-z]+) --> (\[\*\]|[a-z]+)(: [a-z-]+)?$/)
  return {
    steps: steps.filter(step => !step.includes('[*]')).sort(),
    first: steps.filter(step => step.startsWith('[*]')).map(step => step.slice('[*] --> '.length)),
    last: steps
      .filter(step => step.endsWith('[*]'))
      .map(step => step.slice(0, -' --> [*]'.length))
      .sort(),
  }
}

function tableOf(transitions: Transitions<string>): { steps: readonly string[]; last: readonly string[] } {
  const states = Object.entries(transitions)
  return {
    steps: states.flatMap(([from, targets]) => targets.map(to => `${from} --> ${to}`)).sort(),
    last: states
      .filter(([, targets]) => targets.length === 0)
      .map(([state]) => state)
      .sort(),
  }
}

describe('the state diagrams are the transition tables', () => {
  test.each([
    ['push', PUSH_TRANSITIONS, 'received'],
    ['pipeline', PIPELINE_TRANSITIONS, 'running'],
    ['job', JOB_TRANSITIONS, 'blocked'],
    ['attempt', ATTEMPT_TRANSITIONS, 'leased'],
  ] as const)('%s', (name, transitions, first) => {
    expect(drawingOf(name)).toEqual({ ...tableOf(transitions), first: [first] })
  })

  test('rollout, with the events that make each step', () => {
    const steps = Object.entries(ROLLOUT_TRANSITIONS).flatMap(([from, events]) =>
      Object.entries(events).flatMap(([event, targets]) =>
        targets === 'ignored' ? [] : targets.map(to => `${from} --> ${to}: ${event}`),
      ),
    )
    const last = Object.keys(ROLLOUT_TRANSITIONS).filter(
      phase => !steps.some(step => step.startsWith(`${phase} `)),
    )
    expect(drawingOf('rollout')).toEqual({ steps: steps.sort(), first: ['queued'], last: last.sort() })
  })
})

test('the table of parts is the law of imports, and has every folder of src', async () => {
  const file = new URL('../../.dependency-cruiser.mjs', import.meta.url).href
  const { default: law } = (await import(file)) as { readonly default: Law }
  const [table] = tablesOf(ARCHITECTURE)
  const told = new Map(
    table!.slice(1).map(([part, , imports]) => [codesIn(part!)[0], codesIn(imports!).toSorted()]),
  )
  expect([...told.keys()].toSorted()).toEqual(readdirSync('src').toSorted())
  let compared = 0
  for (const { name, to } of law.forbidden) {
    const part = /^([a-z]+)-imports-only-its-own$/.exec(name)?.[1]
    if (part === undefined || !existsSync(`src/${part}`)) continue
    const allowed = /^\^src\/\(([a-z|]+)\)\/$/.exec(String(to.pathNot))?.[1]?.split('|') ?? []
    expect(told.get(part), `imports of ${part}`).toEqual(allowed.filter(other => other !== part).toSorted())
    compared++
  }
  expect(compared).toBeGreaterThan(10)
})

describe('the examples of ballast.yaml mean what the guide says', () => {
  const examples = DOCUMENTS.flatMap(path =>
    blocksOf(readDocument(path)).map((block, index, all) => ({ path, ...block, next: all[index + 1] })),
  ).filter(({ info }) => info.startsWith('yaml ballast'))
  const named = (kind: string) =>
    examples
      .filter(({ info }) => info === kind)
      .map(example => ({ ...example, where: `${example.path}:${example.line}` }))

  test.each(named('yaml ballast'))('$where is a whole file', ({ text }) => {
    expect(parseConfig(text).diagnostics.map(formatDiagnostic)).toEqual([])
  })

  test.each(named('yaml ballast-part'))('$where is a part of a file', ({ text }) => {
    const whole = /^model:/m.test(text) ? text : `model: model.onnx\n${text}`
    const judged = /^evaluate:/m.test(whole) ? whole : `${whole}evaluate: { data: data/test.npz }\n`
    expect(parseConfig(judged).diagnostics.map(formatDiagnostic)).toEqual([])
  })

  test.each(named('yaml ballast-wrong'))('$where is told what is wrong with it', ({ text, next }) => {
    expect(next?.info).toBe('text')
    expect(parseConfig(text).diagnostics.map(formatDiagnostic).join('\n')).toBe(next?.text.trimEnd())
  })

  test('there are such examples', () => {
    expect(named('yaml ballast').length).toBeGreaterThan(2)
    expect(named('yaml ballast-part').length).toBeGreaterThan(4)
    expect(named('yaml ballast-wrong').length).toBeGreaterThan(0)
    expect(examples.map(({ info }) => info)).not.toContainEqual(
      expect.not.stringMatching(/^yaml ballast(-part|-wrong)?$/),
    )
  })

  test('every key of the schema is in the guide', () => {
    const guide = readDocument('docs/ballast-yaml.md')
    const missing = [...keysOf(ballastSchema())].filter(key => !guide.includes(`\`${key}\``))
    expect(missing).toEqual([])
  })
})

/** Names of properties, at any depth. */
function keysOf(schema: Json): ReadonlySet<string> {
  if (Array.isArray(schema)) return new Set(schema.flatMap(item => [...keysOf(item)]))
  if (typeof schema !== 'object' || schema === null) return new Set()
  const found = new Set<string>()
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [name, inner] of Object.entries(value)) {
        found.add(name)
        for (const deeper of keysOf(inner)) found.add(deeper)
      }
    else for (const deeper of keysOf(value)) found.add(deeper)
  }
  return found
}

describe('what a document names is there', () => {
  test.each(DOCUMENTS)('links of %s', path => {
    const prose = readDocument(path).replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)
    const local = links.filter(target => !/^[a-z]+:/.test(target)).map(target => target.split('#')[0]!)
    const broken = local.filter(target => target !== '' && !existsSync(join(dirname(path), target)))
    expect(broken).toEqual([])
  })

  test('files of the sources that documents point at', () => {
    const broken = DOCUMENTS.flatMap(path =>
      [...readDocument(path).matchAll(/`((?:src|test|examples|scripts|bench|docs)\/[\w./-]+)`/g)]
        .map(([, file]) => file!)
        .filter(file => !existsSync(file))
        .map(file => `${path}: ${file}`),
    )
    expect(broken).toEqual([])
  })

  test('commands and their options', async () => {
    const wrong: string[] = []
    let checked = 0
    for (const { path, line } of commandLines()) {
      const [name, ...words] = line.split(/\s+/)
      const load = Object.hasOwn(commands, name!) ? commands[name!] : undefined
      if (!load) {
        wrong.push(`${path}: ballast ${line}: no such command`)
        continue
      }
      const options = optionsOf(await load())
      for (const word of words.filter(word => word.startsWith('--')))
        if (!options.has(word.split('=')[0]!)) wrong.push(`${path}: ballast ${line}: no option ${word}`)
      checked++
    }
    expect(wrong).toEqual([])
    expect(checked).toBeGreaterThan(10)
  })
})

/** What stands behind `ballast` or `npm run ballast --` in shell blocks. */
function commandLines(): readonly { readonly path: string; readonly line: string }[] {
  return DOCUMENTS.flatMap(path =>
    blocksOf(readDocument(path))
      .filter(({ info }) => info === 'sh')
      .flatMap(({ text }) => text.split('\n'))
      .flatMap(
        line => /^(?:npm run ballast --|ballast) ([a-z].*)$/.exec(line.split(' #')[0]!.trim())?.[1] ?? [],
      )
      .map(line => ({ path, line: line.replaceAll(/'[^']*'|"[^"]*"/g, 'quoted') })),
  )
}

function optionsOf(command: Command): ReadonlySet<string> {
  return new Set([
    ...command.options.flatMap(({ long }) => long ?? []),
    ...command.commands.flatMap(inner => [...optionsOf(inner)]),
  ])
}

test('the two READMEs are in step: as many sections, and the same commands and files', () => {
  const [english, chinese] = ['README.md', 'README.zh-CN.md'].map(readDocument)
  const shape = (text: string) => ({
    headings: [...text.matchAll(/^(#+) /gm)].map(([, marks]) => marks),
    blocks: blocksOf(text)
      .filter(({ info }) => info !== 'mermaid')
      // Comments are in the reader's language.
      .map(({ info, text }) => [info, text.replaceAll(/ *#.*$/gm, '')]),
  })
  expect(shape(chinese!)).toEqual(shape(english!))
})
