import { failing } from '../../errors.ts'

export const invalid = failing(
  'CONVERT_INVALID',
  'Save the model again with Booster.save_model("model.txt").',
)
