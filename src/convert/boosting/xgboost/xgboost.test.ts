import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { casesIn, check, expectedIn } from '../../../../test/fixtures/convert/trees/check.ts'
import { modelOf } from '../../../../test/fixtures/convert/trees/memory.ts'
import { convertXgboost } from '../convert.ts'

const FOLDER = new URL('../../../../test/fixtures/convert/trees/xgboost/', import.meta.url).pathname
const expected = expectedIn(FOLDER)

describe('files of XGBoost 3.2 answer as XGBoost does', () => {
  test.each(casesIn(FOLDER))('$name', async item => {
    const found = await check(FOLDER, await expected, item, convertXgboost)
    expect(found.otherLabels).toBe(0)
    expect(found.error).toBeLessThan(1e-5)
  })
})

type Json = Record<string, unknown>
const BOOSTING = 'learner.gradient_booster'
/** Of the first tree of `logistic`. */
const NODES = 15

/** A document of XGBoost's with one of its values changed, by its path. */
function changed(name: string, path: string, value: unknown): Uint8Array {
  const document = JSON.parse(gunzipSync(readFileSync(`${FOLDER}${name}.json.gz`)).toString('utf8'))
  const keys = path.split('.')
  const last = keys.pop()!
  let at = document as Json
  for (const key of keys) at = at[key] as Json
  at[last] = value
  return Buffer.from(JSON.stringify(document))
}

const convert = async (bytes: Uint8Array) => convertXgboost(await modelOf('m.json', bytes), {})

describe('models that contradict themselves are refused', () => {
  test.each<[string, string, string, unknown, RegExp]>([
    ['a feature too many', 'logistic', 'learner.learner_model_param.num_feature', '2', /asks for feature/],
    ['no number of features', 'logistic', 'learner.learner_model_param.num_feature', 'x', /num_feature/],
    ['classes without end', 'softprob', 'learner.learner_model_param.num_class', '1e15', /num_class/],
    [
      'fewer classes than trees',
      'softprob',
      'learner.learner_model_param.num_class',
      '2',
      /base_score|target 2 of 2/,
    ],
    ['one class', 'softprob', 'learner.learner_model_param.num_class', '0', /multi:softprob has 1 classes/],
    ['a share above 1', 'logistic', 'learner.learner_model_param.base_score', '[2E0]', /base_score/],
    ['no base', 'logistic', 'learner.learner_model_param.base_score', 'half', /base_score/],
  ])('%s', async (_, name, path, value, message) => {
    await expect(convert(changed(name, path, value))).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('splits by categories that are not there', async () => {
    const first = `${BOOSTING}.model.trees.0`
    const types = changed('logistic', `${first}.split_type`, Array(NODES).fill(1))
    await expect(convert(types)).rejects.toMatchObject({
      message: expect.stringMatching(/no categories for its node 0/),
    })
  })

  test.each(['__proto__', 'constructor', 'reg:mine'])('the objective %s is named', async objective => {
    await expect(convert(changed('logistic', 'learner.objective.name', objective))).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringContaining(`objective='${objective}'`),
    })
  })
})
