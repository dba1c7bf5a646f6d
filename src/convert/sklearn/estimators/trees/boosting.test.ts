import { checkCases } from '../../../../../test/fixtures/convert/sklearn/cases.ts'

await checkCases('boosting')
