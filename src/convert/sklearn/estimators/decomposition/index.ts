import type { EstimatorTable } from '../../estimator.ts'
import { additiveChi2, skewedChi2 } from './chi2.ts'
import { fourier, kernelComponents, nystroem } from './kernel.ts'
import { factorAnalysis, independent, principal, projected, sparseComponents } from './linear.ts'
import { binary, classifier } from './process/classifier.ts'
import { regressor } from './process/regressor.ts'

const iterative = (name: string) => ({
  refused: `${name} solves for each row by iteration, which has no graph`,
  hint: 'PCA or TruncatedSVD can take its place.',
})

export const decomposition: EstimatorTable = {
  PCA: { convert: principal },
  IncrementalPCA: { convert: principal },
  TruncatedSVD: { convert: projected },
  FastICA: { convert: independent },
  FactorAnalysis: { convert: factorAnalysis },
  SparsePCA: { convert: sparseComponents },
  MiniBatchSparsePCA: { convert: sparseComponents },
  NeighborhoodComponentsAnalysis: { convert: projected },
  GaussianRandomProjection: { convert: projected },
  SparseRandomProjection: { convert: projected },
  KernelPCA: { convert: kernelComponents, limits: 'kernels of your own' },
  Nystroem: { convert: nystroem, limits: 'kernels of your own' },
  RBFSampler: { convert: fourier },
  SkewedChi2Sampler: { convert: skewedChi2 },
  AdditiveChi2Sampler: { convert: additiveChi2 },
  GaussianProcessRegressor: {
    convert: regressor,
    limits: 'Matern of nu 0.5, 1.5, 2.5 and inf; the mean only',
  },
  GaussianProcessClassifier: { convert: classifier, limits: 'Matern of nu 0.5, 1.5, 2.5 and inf' },
  _BinaryGaussianProcessClassifierLaplace: { convert: binary },
  NMF: iterative('NMF'),
  MiniBatchNMF: iterative('MiniBatchNMF'),
  LatentDirichletAllocation: iterative('LatentDirichletAllocation'),
  DictionaryLearning: iterative('DictionaryLearning'),
  MiniBatchDictionaryLearning: iterative('MiniBatchDictionaryLearning'),
  SparseCoder: iterative('SparseCoder'),
  LocallyLinearEmbedding: iterative('LocallyLinearEmbedding'),
  PolynomialCountSketch: { refused: 'PolynomialCountSketch needs a Fourier transform' },
}
