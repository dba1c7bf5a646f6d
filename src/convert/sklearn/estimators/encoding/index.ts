import type { EstimatorTable } from '../../estimator.ts'
import { labelBinarizer, labelEncoder } from './labels.ts'
import { oneHotEncoder } from './one-hot.ts'
import { ordinalEncoder } from './ordinal.ts'
import { targetEncoder } from './target.ts'

export const encoding: EstimatorTable = {
  OneHotEncoder: oneHotEncoder,
  OrdinalEncoder: ordinalEncoder,
  TargetEncoder: targetEncoder,
  LabelEncoder: labelEncoder,
  LabelBinarizer: labelBinarizer,
  MultiLabelBinarizer: {
    refused: 'its input is lists of labels, and ONNX Runtime takes tensors',
    hint: 'Give the model its columns of 0 and 1.',
  },
}
