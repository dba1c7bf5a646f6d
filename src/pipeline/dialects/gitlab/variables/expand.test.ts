import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Work } from '../expression/work.ts'
import { expandVariables } from './expand.ts'
import { expandAll } from './expand-all.ts'
import { layering } from './layers.ts'

const VALUES = new Map([
  ['A', 'a'],
  ['EMPTY', ''],
  ['NESTED', '$A'],
  ['LONG_1', 'l'],
])
const get = (name: string) => VALUES.get(name)

describe('one text', () => {
  test.each([
    ['$A', 'a', 'a', 'a'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the dialect
    ['x${A}y', 'xay', 'xay', 'xay'],
    ['%A%', 'a', 'a', '%A%'],
    ['$A$LONG_1-$A.txt', 'al-a.txt', 'al-a.txt', 'al-a.txt'],
    ['$EMPTY', '', '', ''],
    ['$NONE/x', '$NONE/x', '/x', '/x'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the dialect
    ['${NONE}', '${NONE}', '', ''],
    ['%NONE%', '%NONE%', '', '%NONE%'],
    ['$NESTED', '$A', '$A', '$A'],
    ['$$A', '$$A', '$$A', '$A'],
    ['100%', '100%', '100%', '100%'],
    ['%%A%%', '%%A%%', '%%A%%', '%%A%%'],
    ['$', '$', '$', '$'],
    ['$1 ${', '$1 ${', '$1 ${', '$1 ${'],
    ['$__proto__', '$__proto__', '', ''],
  ])('%s is %s in paths, %s in names, %s for the runner', (text, paths, names, runner) => {
    expect(expandVariables(text, get, 'paths')).toBe(paths)
    expect(expandVariables(text, get, 'names')).toBe(names)
    expect(expandVariables(text, get, 'runner')).toBe(runner)
  })

  test('grows to a bound, beyond which references stay', () => {
    const long = 'x'.repeat(700_000)
    const expanded = expandVariables('$A-$A', () => long, 'names')
    expect(expanded).toBe(`${long}-$A`)
  })
})

const set = (values: Readonly<Record<string, string>>, raw: readonly string[] = []) =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, expand: !raw.includes(name) }]))

describe('variables that refer to each other', () => {
  test('are expanded whatever their order', () => {
    const { values, cyclic } = expandAll(
      set({
        PACKAGE_PATH: '$OUT_PATH/pkg',
        OUT_PATH: '$BUILD_ROOT_DIR/out',
        BUILD_ROOT_DIR: '$CI_BUILDS_DIR',
      }),
      'paths',
    )
    expect(Object.fromEntries(values)).toEqual({
      PACKAGE_PATH: '$CI_BUILDS_DIR/out/pkg',
      OUT_PATH: '$CI_BUILDS_DIR/out',
      BUILD_ROOT_DIR: '$CI_BUILDS_DIR',
    })
    expect(cyclic).toEqual([])
  })

  test('a raw one is put in as it is, and not expanded', () => {
    const { values } = expandAll(set({ A: 'normal', B: 'raw-$A', C: '$B' }, ['B']), 'runner')
    expect(Object.fromEntries(values)).toEqual({ A: 'normal', B: 'raw-$A', C: 'raw-$A' })
  })

  test('a reference that is put together is found for the runner', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the dialect
    const variables = { URL_DEV: 'url-dev', ENV: 'DEV', URL: '${URL_${ENV}}', PERCENT: '%ENV%' }
    const { values } = expandAll(set(variables), 'runner')
    expect(Object.fromEntries(values)).toMatchObject({ URL: 'url-dev', PERCENT: 'DEV' })
  })

  test('two dollars are one, also in what refers to it', () => {
    const { values } = expandAll(set({ FLAGS: '-al', LS: 'ls "$FLAGS" $$TMP', ALSO: '$LS' }), 'runner')
    expect(Object.fromEntries(values)).toMatchObject({ LS: 'ls "-al" $TMP', ALSO: 'ls "-al" $TMP' })
  })

  test("a commit's message reads no variable", () => {
    const variables = {
      CI_COMMIT_MESSAGE: 'costs $$5 or $TOKEN',
      TOKEN: 'secret',
      NOTE: '<$CI_COMMIT_MESSAGE>',
    }
    const { values } = expandAll(set(variables), 'runner')
    expect(Object.fromEntries(values)).toMatchObject({
      CI_COMMIT_MESSAGE: 'costs $$5 or $TOKEN',
      NOTE: '<costs $$5 or $TOKEN>',
    })
  })

  test('cycles stay as they are, and what leads to one is expanded with it', () => {
    const { values, cyclic, circles } = expandAll(
      set({
        A: '$B',
        B: '$C-b',
        C: '$A',
        SELF: '$SELF:x',
        LEADS: '<$A>',
        FURTHER: '[$LEADS]',
        FREE: '$D',
        D: 'd',
      }),
      'names',
    )
    expect(Object.fromEntries(values)).toEqual({
      A: '$B',
      B: '$C-b',
      C: '$A',
      SELF: '$SELF:x',
      LEADS: '<$B>',
      FURTHER: '[<$B>]',
      FREE: 'd',
      D: 'd',
    })
    expect(cyclic).toEqual(['A', 'B', 'C', 'SELF'])
    expect(circles).toEqual(['A', 'B', 'C'])
  })

  test('values that double with each line end at a mebibyte', () => {
    const lines = Array.from({ length: 60 }, (_, i): [string, string] => [`V${i}`, `$V${i + 1}$V${i + 1}`])
    const { values, tooLarge } = expandAll(set(Object.fromEntries([...lines, ['V60', 'x']])), 'runner')
    expect([...values.values()].reduce((sum, value) => sum + value.length, 0)).toBeLessThan(1_100_000)
    expect(tooLarge.length).toBeGreaterThan(30)
    expect(values.get('V50')).toBe('x'.repeat(1024))
  })

  test('once the work is spent all stay as they are', () => {
    const work = new Work(10)
    expect(Object.fromEntries(expandAll(set({ A: '$B', B: 'b' }), 'names', work).values)).toEqual({
      A: '$B',
      B: 'b',
    })
    expect(work.exhausted).toBe(true)
  })

  test('a chain of ten thousand needs no stack', () => {
    const lines = Array.from({ length: 10_000 }, (_, i): [string, string] => [`V${i}`, `$V${i + 1}`])
    const { values } = expandAll(set(Object.fromEntries([...lines, ['V10000', 'end']])), 'runner')
    expect(values.get('V0')).toBe('end')
  })

  test('in whatever order they stand, the result is one', () => {
    const name = fc.constantFrom('A', 'B', 'C', 'D', 'E')
    const part = fc.oneof(
      name.map(text => `$${text}`),
      fc.constantFrom('x', '-'),
    )
    const entry = fc.tuple(
      name,
      fc.array(part, { maxLength: 3 }).map(parts => parts.join('')),
    )
    const entries = fc.uniqueArray(entry, { selector: ([key]) => key })
    fc.assert(
      fc.property(entries, list => {
        const forwards = expandAll(set(Object.fromEntries(list)), 'names')
        const backwards = expandAll(set(Object.fromEntries([...list].reverse())), 'names')
        expect(Object.fromEntries(forwards.values)).toEqual(Object.fromEntries(backwards.values))
        expect(new Set(forwards.cyclic)).toEqual(new Set(backwards.cyclic))
      }),
    )
  })
})

test('precedence: trigger over project over files over predefined', () => {
  const written = (name: string, value: string) => ({ name, value, expand: true, file: false })
  const given = (name: string, value: string) => ({ name, value, file: false, literal: true })
  const predefined = (value: string, ...names: string[]) => new Map(names.map(name => [name, value]))
  const seeing = layering({
    predefined: predefined('of the pipeline', 'A', 'B', 'C', 'D', 'E'),
    given: [given('C', '$project'), given('D', 'project')],
    pipeline: { D: 'trigger' },
  })
  const variables = seeing(
    [written('B', 'global'), written('B', 'job'), written('C', 'job'), written('D', 'job')],
    () => predefined('of the job', 'B', 'E'),
  )
  const expected = { A: 'of the pipeline', B: 'job', C: '$project', D: 'trigger', E: 'of the job' }
  for (const [name, value] of Object.entries(expected)) expect(variables.get(name)?.value).toBe(value)
  expect(Object.fromEntries([...variables.all()].map(([name, { value }]) => [name, value]))).toEqual(expected)
  expect(variables.get('C')).toEqual({
    value: '$project',
    expand: false,
    file: false,
    hidden: true,
  })
})
