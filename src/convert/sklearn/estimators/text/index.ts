import type { EstimatorTable } from '../../estimator.ts'
import { tfidfTransformer } from './tfidf.ts'
import { countVectorizer, tfidfVectorizer } from './vectorizers.ts'

export const text: EstimatorTable = {
  CountVectorizer: countVectorizer,
  TfidfVectorizer: tfidfVectorizer,
  TfidfTransformer: tfidfTransformer,
  HashingVectorizer: {
    refused: 'words are hashed to columns, of which there are a million by default',
    hint: 'TfidfVectorizer learns a vocabulary, and can be converted.',
  },
  FeatureHasher: {
    refused: 'its input is dictionaries or lists, and ONNX Runtime takes tensors',
    hint: 'Use OneHotEncoder over columns.',
  },
  DictVectorizer: {
    refused: 'its input is dictionaries, and ONNX Runtime takes tensors',
    hint: 'Use OneHotEncoder over columns.',
  },
}
