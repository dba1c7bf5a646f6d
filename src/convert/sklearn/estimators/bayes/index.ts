import type { EstimatorTable } from '../../estimator.ts'
import { categorical } from './categorical.ts'
import { bernoulli, complement, gaussian, multinomial } from './likelihoods.ts'

export const bayes: EstimatorTable = {
  GaussianNB: { convert: gaussian },
  MultinomialNB: { convert: multinomial },
  ComplementNB: { convert: complement },
  BernoulliNB: { convert: bernoulli },
  CategoricalNB: { convert: categorical },
}
