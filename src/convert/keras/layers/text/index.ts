import { type LayerTable, limited, refused } from '../../layer.ts'
import { categoryEncoding, discretization } from './categories.ts'
import { integerLookup, stringLookup } from './lookup-layers.ts'
import { textVectorization } from './vectorization.ts'

const HASH = "TensorFlow's hash of texts, which ONNX has no operator for"
const BEFORE = 'Hash before the model is called, or use a StringLookup or IntegerLookup with a vocabulary.'

export const textLayers: LayerTable = {
  TextVectorization: limited(
    'Cleaned and split in the ways that Keras names, not by a function; dense.',
    textVectorization,
    'stops',
  ),
  StringLookup: limited('With at most one index for what is not in the vocabulary.', stringLookup, 'stops'),
  IntegerLookup: limited(
    'Several indices for what is not in the vocabulary by their remainder.',
    integerLookup,
    'stops',
  ),
  CategoryEncoding: limited('Of at most two axes where hits are counted.', categoryEncoding, 'stops'),
  Discretization: limited('Of at most two axes where hits are counted.', discretization, 'stops'),
  Hashing: refused(HASH, BEFORE),
  HashedCrossing: refused(HASH, BEFORE),
}
