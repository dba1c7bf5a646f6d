import type { PickleNode } from '../../../pickle/types.ts'
import { any, noArguments, rest, tuple } from '../shapes.ts'
import { classOf, type Entry, each, modules, plainClass, type Table, value } from './entry.ts'

const SPARSE = 'csr csc coo bsr dia dok lil'.split(' ')

const sparse: Table = Object.fromEntries(
  SPARSE.flatMap(kind => {
    const entry: Entry = kind === 'dok' ? { kind: 'class', container: true, args: rest(any) } : plainClass
    const classes = { [`${kind}_matrix`]: entry, [`${kind}_array`]: entry }
    return [
      [`scipy.sparse.${kind}`, classes],
      [`scipy.sparse._${kind}`, classes],
    ]
  }),
)

/**
 * scipy's distributions run this text when they are loaded (`exec` in `_attach_argparser_methods`), so it must be what
 * scipy itself makes of names of parameters.
 */
const ARGUMENT_PARSER =
  /^\n?def _parse_args\(self, [\w, =]*\):\n +return \([\w, ]*\), [\w.]+, [\w.]+\n\ndef _parse_args_rvs\(self, [\w, =]*\):\n +return self\._argcheck_rvs\([\w, =]*\)\n\ndef _parse_args_stats\(self, [\w, ='"]*\):\n +return \([\w, ]*\), [\w.]+, [\w.]+, moments\n?$/

/** A distribution has some thirty attributes. */
const MAX_STATE = 200

function distributionState(state: PickleNode): boolean {
  if (state.kind !== 'dict' || state.entries.length > MAX_STATE) return false
  const template = state.entries.filter(([key]) => key.kind === 'text' && key.value === '_parse_arg_template')
  return template.every(([, text]) => text.kind === 'text' && !text.whole && ARGUMENT_PARSER.test(text.value))
}

const distribution: Entry = { kind: 'class', state: distributionState }
const CONTINUOUS =
  'norm uniform expon gamma beta lognorm loguniform reciprocal t chi2 f triang weibull_min weibull_max pareto laplace ' +
  'logistic cauchy halfnorm halfcauchy truncnorm genpareto genextreme gumbel_r gumbel_l invgamma invgauss rayleigh'
const DISCRETE = 'randint poisson binom geom bernoulli nbinom hypergeom zipf'

export const SCIPY: Table = {
  ...sparse,
  'scipy.sparse.base': { spmatrix: plainClass },
  'scipy.sparse._base': { spmatrix: plainClass, sparray: plainClass },
  ...modules(['scipy.spatial.ckdtree', 'scipy.spatial._ckdtree'], {
    cKDTree: { kind: 'class', state: tuple },
    cKDTreeNode: plainClass,
  }),
  ...modules(['scipy.spatial.kdtree', 'scipy.spatial._kdtree'], { KDTree: { kind: 'class', state: tuple } }),
  ...modules(['scipy.interpolate.interpolate', 'scipy.interpolate._interpolate'], {
    ...each('interp1d PPoly BPoly', plainClass),
  }),
  ...modules(['scipy.interpolate._bsplines'], { BSpline: plainClass }),
  ...modules(['scipy.interpolate.fitpack2', 'scipy.interpolate._fitpack2'], {
    ...each('UnivariateSpline InterpolatedUnivariateSpline LSQUnivariateSpline', plainClass),
  }),
  'scipy.interpolate._cubic': each('CubicSpline PchipInterpolator Akima1DInterpolator', plainClass),
  ...modules(['scipy.optimize.optimize', 'scipy.optimize._optimize'], {
    OptimizeResult: { kind: 'class', container: true },
  }),
  'scipy.special._ufuncs': each(
    'expit logit xlogy gammaln digamma erf erfinv softplus boxcox inv_boxcox',
    value,
  ),
  'scipy._lib.array_api_compat.numpy._aliases': each('asarray', value),
  'scipy.special': each('expit logit xlogy gammaln digamma erf erfinv boxcox inv_boxcox', value),
  'scipy.stats._distn_infrastructure': {
    rv_frozen: plainClass,
    rv_continuous_frozen: plainClass,
    rv_discrete_frozen: plainClass,
  },
  'scipy.stats._continuous_distns': each(
    CONTINUOUS.split(' ')
      .map(name => `${name}_gen`)
      .join(' '),
    distribution,
  ),
  'scipy.stats._discrete_distns': each(
    DISCRETE.split(' ')
      .map(name => `${name}_gen`)
      .join(' '),
    distribution,
  ),
  'scipy.spatial.transform._rotation': { Rotation: classOf(noArguments) },
  'scipy.spatial.distance': each(
    'euclidean cosine cityblock correlation sqeuclidean minkowski chebyshev hamming jaccard canberra braycurtis',
    value,
  ),
}
