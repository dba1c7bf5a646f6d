import { describe, expect, test } from 'vitest'
import { runOnnx } from '../../../../../../test/fixtures/onnx-run.ts'
import { GraphBuilder } from '../../../../graph/builder.ts'
import { piecesOf } from '../../../../text/pieces.ts'
import { tokenRule } from './tokens.ts'

/** What ONNX Runtime finds in a text by a rule, without what does not match as a whole. */
async function found(pattern: string, text: string): Promise<readonly string[]> {
  const rule = tokenRule(pattern)
  const graph = new GraphBuilder()
  const input = graph.input('input', { dtype: 'string', shape: ['N'] })
  const emitter = graph.at({ name: 'words', kind: 'CountVectorizer' })
  const pieces = piecesOf(emitter, input, rule.expression, rule.least)
  const matches = emitter.op('RegexFullMatch', [pieces], {
    attributes: { pattern: { text: rule.whole ?? '.*' } },
    types: [{ dtype: 'bool', shape: ['N', null] }],
  })
  graph.output('pieces', pieces)
  graph.output('matches', matches)
  const result = await runOnnx(graph.build({ name: 'test' }).model, {
    input: { dtype: 'string', shape: [1], data: [text] },
  })
  const kept = result['matches']!.data
  return Array.from(result['pieces']!.data as readonly string[]).filter((piece, i) => piece !== '' && kept[i])
}

/** What Python 3.11's re.findall gives. */
test.each<[pattern: string, text: string, tokens: readonly string[]]>([
  [String.raw`(?u)\b\w\w+\b`, 'a bc é ÉÉ x_1 你好', ['bc', 'ÉÉ', 'x_1', '你好']],
  [String.raw`\w+`, 'हिन्दी a', ['ह', 'न', 'द', 'a']],
  [String.raw`\b[a-z]+\b`, 'abc abcé abc1 x-y', ['abc', 'x', 'y']],
  [String.raw`\b(?:v\d|[a-z]{2,3})\b`, 'v1 v12 abc abcd ab', ['v1', 'abc', 'ab']],
  [String.raw`\b\d{2,4}\b`, '1 12 12345 ٣٤', ['12', '٣٤']],
  [String.raw`[^\s,]+`, 'a,b\u00a0c d', ['a', 'b', 'c', 'd']],
  ['[@#]?[a-z]+', '@ab #c d@e', ['@ab', '#c', 'd', '@e']],
  [String.raw`\S`, 'ab 你', ['a', 'b', '你']],
  [String.raw`[\u0041-\x43\-]+`, 'A-BxC', ['A-B', 'C']],
  ['[]a]+', 'a]b', ['a]']],
])('%s in %s', async (pattern, text, tokens) => {
  expect(await found(pattern, text)).toEqual(tokens)
})

describe('what RE2 would find otherwise', () => {
  test.each([
    ['a|ab', /several matches/],
    [String.raw`\w+?`, /several matches/],
    ['(?:ab?)?(?:bc)?x', /several matches/],
    ['[a-z]*[a-c]+', /several matches/],
    [String.raw`\b\w[\w-]+\b`, /\\b elsewhere/],
    [String.raw`\b[a-z]+`, /\\b elsewhere/],
    [String.raw`(\w)\w`, /a group or \\b within/],
    [String.raw`\w*`, /matches of no characters/],
    ['(?i)[a-z]+', /the flags \(\?i\)/],
    [String.raw`(?=a)\w+`, /'\(\?='/],
    [String.raw`(\w)\1`, /\\1/],
    ['^a', /'\^'/],
    ['a{1000}', /\{1000\}/],
    ['a++', /a repeated repetition/],
    ['[a', /no end/],
    ['(a', /a group that does not end/],
    [String.raw`\Q`, /\\Q/],
    ['('.repeat(60), /nested without end/],
  ])('%s', (pattern, why) => {
    expect(() => tokenRule(pattern)).toThrow(
      expect.objectContaining({ name: 'Refusal', why: expect.stringMatching(why) }),
    )
  })
})
