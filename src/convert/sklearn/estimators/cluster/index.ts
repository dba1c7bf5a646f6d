import type { EstimatorTable } from '../../estimator.ts'
import { bisecting } from './bisecting.ts'
import { affinityPropagation, birch, kMeans, meanShift } from './centres.ts'
import { bayesianMixture, gaussianMixture } from './mixture.ts'
import { ellipticEnvelope, linearOneClass } from './outliers.ts'

const alone = (name: string) => ({
  refused: `${name} has no predict: it tells clusters of its own rows only`,
})

export const cluster: EstimatorTable = {
  KMeans: { convert: kMeans },
  MiniBatchKMeans: { convert: kMeans },
  BisectingKMeans: { convert: bisecting },
  MeanShift: { convert: meanShift },
  AffinityPropagation: { convert: affinityPropagation },
  Birch: { convert: birch },
  GaussianMixture: { convert: gaussianMixture },
  BayesianGaussianMixture: { convert: bayesianMixture },
  EllipticEnvelope: { convert: ellipticEnvelope },
  SGDOneClassSVM: { convert: linearOneClass },
  DBSCAN: alone('DBSCAN'),
  HDBSCAN: alone('HDBSCAN'),
  OPTICS: alone('OPTICS'),
  AgglomerativeClustering: alone('AgglomerativeClustering'),
  SpectralClustering: alone('SpectralClustering'),
}
