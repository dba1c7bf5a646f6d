import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { load } from '../test-load.ts'
import { escapeForShell } from './functions.ts'
import { hasBlocks, maskBlocks, splitAtBlocks } from './mask.ts'

/** What a job's script becomes, or what is wrong. */
async function scriptOf(block: string, value = '"some $WHO value"') {
  const text = `spec: { inputs: { x: { default: ${value} }, l: { type: array, default: [a] } } }\n---\nj: { script: '${block}' }`
  const { jobs, problems } = await load({ files: { '.gitlab-ci.yml': text }, variables: { WHO: "my 'own'" } })
  return (jobs['j'] as { script: string } | undefined)?.script ?? problems.join('\n')
}

describe('functions', () => {
  test.each([
    ['$[[ inputs.x ]]', 'some $WHO value'],
    ['$[[ inputs.x | expand_vars ]]', "some my 'own' value"],
    ['$[[inputs.x|expand_vars|truncate(5,8)]]!', "my 'own'!"],
    ['$[[ inputs.x | truncate(100,5) ]]', ''],
    ['$[[ inputs.x | expand_vars | posix_escape ]]', "some\\ my\\ \\'own\\'\\ value"],
    ['$[[ inputs.x | posix_escape ]]', 'some\\ \\$WHO\\ value'],
    ['$[[ matrix.OS ]] $[[ inputs.x ]]', '$[[ matrix.OS ]] some $WHO value'],
  ])('%s', async (block, result) => {
    expect(await scriptOf(block)).toBe(result)
  })

  test('split makes a list', async () => {
    const text =
      "spec: { inputs: { x: { default: 'a, b,,c' } } }\n---\nj: { script: $[[ inputs.x | split(',') ]] }"
    expect((await load(text)).jobs['j']).toEqual({ script: ['a', 'b', 'c'] })
  })

  test.each([
    ['$[[ inputs.y ]]', "Unknown value 'inputs.y' in $[[ ]] (did you mean 'inputs.x'?)"],
    ['$[[ x ]]', "Unknown value 'x' in $[[ ]] (write $[[ inputs.name ]])"],
    ['$[[ ]]', "Unknown value '' in $[[ ]]"],
    [
      '$[[ inputs.x | upcase ]]',
      "There is no function 'upcase' (there are expand_vars, truncate, posix_escape, split)",
    ],
    ['$[[ inputs.x | truncate(1) ]]', 'truncate takes two numbers (write truncate(offset,length))'],
    ['$[[ inputs.x | expand_vars(1) ]]', 'expand_vars takes no arguments'],
    ['$[[ inputs.l | truncate(0,1) ]]', 'truncate takes a string'],
    [
      '$[[ inputs.x | expand_vars | expand_vars | expand_vars | expand_vars ]]',
      'There are more than 3 functions in one $[[ ]]',
    ],
    ['$[[ inputs.__proto__ ]]', "Unknown value 'inputs.__proto__'"],
  ])('%s is a finding', async (block, problem) => {
    expect(await scriptOf(block)).toContain(`.gitlab-ci.yml:3:14: error: ${problem}`)
  })
})

test('what is escaped reads as it was to a shell', () => {
  expect(escapeForShell('')).toBe("''")
  expect(escapeForShell('a-b_c.d,e:f+g/h@i')).toBe('a-b_c.d,e:f+g/h@i')
  expect(escapeForShell('a b\nc;$(d)"é')).toBe("a\\ b'\n'c\\;\\$\\(d\\)\\\"\\é")
})

test('a masked file has its lines and columns, and gives back what was written', () => {
  const scraps = fc.constantFrom(
    '$[[',
    ']]',
    ' inputs.x ',
    '\n',
    'a',
    '$',
    '[',
    '|',
    '\uE000',
    '\uE001',
    '\uE002',
    '\uE100',
  )
  fc.assert(
    fc.property(fc.array(scraps, { maxLength: 40 }), parts => {
      const text = parts.join('')
      const masked = maskBlocks(text)
      expect(masked.text).toHaveLength(text.length)
      expect(masked.text.split('\n').map(line => line.length)).toEqual(
        text.split('\n').map(line => line.length),
      )
      if (hasBlocks(text)) return
      const pieces = splitAtBlocks(masked.text, masked)
      expect(
        pieces.map(piece => (typeof piece === 'string' ? piece : masked.blocks[piece]?.written)).join(''),
      ).toBe(text)
    }),
  )
})
