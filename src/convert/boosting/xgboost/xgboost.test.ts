import { describe, expect, test } from 'vitest'
import { casesIn, check, expectedIn } from '../../../../test/fixtures/convert/trees/check.ts'
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
