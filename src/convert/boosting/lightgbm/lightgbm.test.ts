import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { casesIn, check, expectedIn } from '../../../../test/fixtures/convert/trees/check.ts'
import { modelOf } from '../../../../test/fixtures/convert/trees/memory.ts'
import { convertLightgbm } from '../convert.ts'

const FOLDER = new URL('../../../../test/fixtures/convert/trees/lightgbm/', import.meta.url).pathname
const expected = expectedIn(FOLDER)

describe('texts of LightGBM 4.7 answer as LightGBM does', () => {
  test.each(casesIn(FOLDER))('$name', async item => {
    const found = await check(FOLDER, await expected, item, convertLightgbm)
    expect(found.otherLabels).toBe(0)
    expect(found.error).toBeLessThan(1e-5)
  })
})

const textOf = (name: string) => gunzipSync(readFileSync(`${FOLDER}${name}.txt.gz`)).toString('utf8')
const convert = async (text: string) => convertLightgbm(await modelOf('m.txt', Buffer.from(text)), {})
/** Sizes of trees change with their numbers. */
const changed = (name: string, from: string | RegExp, to: string) =>
  textOf(name)
    .replace(/^tree_sizes=.*\n/m, '')
    .replace(from, to)

describe('models that contradict themselves are refused', () => {
  test.each<[string, string, string | RegExp, string, RegExp]>([
    ['a feature too many', 'regression', 'max_feature_idx=9', 'max_feature_idx=1', /asks for feature/],
    ['no features', 'regression', 'max_feature_idx=9', 'max_feature_idx=-1', /max_feature_idx/],
    ['features without end', 'regression', 'max_feature_idx=9', 'max_feature_idx=1e300', /max_feature_idx/],
    ['no sums', 'classes', 'num_tree_per_iteration=3', 'num_tree_per_iteration=0', /num_tree_per_iteration/],
    ['a sigmoid of nothing', 'binary', 'sigmoid:1.7', 'sigmoid:zero', /sigmoid NaN/],
    [
      'a set of categories that is not there',
      'categories',
      /^cat_boundaries=0 \d+/m,
      'cat_boundaries=0 99',
      /words of categories/,
    ],
    [
      'leaves with fewer features',
      'lines',
      /^num_features=.*$/gm,
      'num_features=1 1 1 1 1 1 1',
      /leaves with 7 features/,
    ],
    [
      'a coefficient of a feature that is not there',
      'lines',
      /^leaf_features=\d+ /gm,
      'leaf_features=99 ',
      /feature 99 of 10/,
    ],
  ])('%s', async (_, name, from, to, message) => {
    await expect(convert(changed(name, from, to))).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: expect.stringMatching(message),
    })
  })
})

test('an objective that is not known is named', async () => {
  const text = changed('regression', 'objective=regression', 'objective=constructor')
  await expect(convert(text)).rejects.toMatchObject({
    code: 'CONVERT_UNSUPPORTED',
    message: expect.stringContaining("objective='constructor'"),
  })
})
