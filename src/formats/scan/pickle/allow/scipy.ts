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
  // A key that is computed may be this one.
  if (!state.entries.every(([key]) => key.kind === 'text' && !key.whole)) return false
  const template = state.entries.filter(([key]) => key.kind === 'text' && key.value === '_parse_arg_template')
  return template.every(([, text]) => text.kind === 'text' && !text.whole && ARGUMENT_PARSER.test(text.value))
}

const distribution: Entry = { kind: 'class', state: distributionState }
const CONTINUOUS =
  'alpha anglit arcsine argus beta betaprime bradford burr burr12 cauchy chi chi2 cosine crystalball ' +
  'dgamma dpareto_lognorm dweibull erlang expon exponnorm exponpow exponweib f fatiguelife fisk ' +
  'foldcauchy foldnorm frechet_l frechet_r gamma gausshyper genexpon genextreme gengamma ' +
  'genhalflogistic genhyperbolic geninvgauss genlogistic gennorm genpareto gibrat gilbrat gompertz ' +
  'gumbel_l gumbel_r halfcauchy halfgennorm halflogistic halfnorm hypsecant invgamma invgauss ' +
  'invweibull irwinhall jf_skew_t johnsonsb johnsonsu kappa3 kappa4 ksone kstwo kstwobign landau ' +
  'laplace laplace_asymmetric levy levy_l loggamma logistic loglaplace lognorm loguniform lomax ' +
  'maxwell mielke moyal nakagami ncf nct ncx2 norm norminvgauss pareto pearson3 powerlaw powerlognorm ' +
  'powernorm rayleigh rdist recipinvgauss reciprocal rel_breitwigner rice semicircular skew_norm ' +
  'skewcauchy skewnorm studentized_range t trapezoid trapz triang truncexpon truncnorm truncpareto ' +
  'truncweibull_min tukeylambda uniform vonmises wald weibull_max weibull_min wrapcauchy'
const DISCRETE =
  '_nchypergeom bernoulli betabinom betanbinom binom boltzmann dlaplace geom hypergeom logser nbinom ' +
  'nchypergeom_fisher nchypergeom_wallenius nhypergeom planck poisson poisson_binom randint skellam ' +
  'yulesimon zipf zipfian'

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
    ...each('interp1d interp2d PPoly BPoly NdPPoly', plainClass),
    ...each(
      'interp1d._call_linear_np interp1d._call_linear interp1d._call_nearest interp1d._call_spline ' +
        'interp1d._call_previousnext interp1d._call_nan_spline',
      value,
    ),
  }),
  ...modules(['scipy.interpolate._bsplines'], { BSpline: plainClass }),
  ...modules(['scipy.interpolate.fitpack2', 'scipy.interpolate._fitpack2'], {
    ...each(
      'UnivariateSpline InterpolatedUnivariateSpline LSQUnivariateSpline BivariateSpline RectBivariateSpline ' +
        'SmoothBivariateSpline LSQBivariateSpline RectSphereBivariateSpline',
      plainClass,
    ),
  }),
  'scipy.interpolate._cubic': each('CubicSpline PchipInterpolator Akima1DInterpolator', plainClass),
  'scipy.interpolate._rgi': { RegularGridInterpolator: plainClass },
  ...modules(['scipy.interpolate.ndgriddata', 'scipy.interpolate._ndgriddata'], {
    NearestNDInterpolator: plainClass,
  }),
  ...modules(['scipy.interpolate.rbf', 'scipy.interpolate._rbf'], { Rbf: plainClass }),
  'scipy.interpolate._rbfinterp': { RBFInterpolator: plainClass },
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
    rv_sample: distribution,
    rv_continuous_frozen: plainClass,
    rv_discrete_frozen: plainClass,
  },
  'scipy.stats._continuous_distns': {
    ...each(
      CONTINUOUS.split(' ')
        .map(name => `${name}_gen`)
        .join(' '),
      distribution,
    ),
    rv_histogram: distribution,
  },
  'scipy.stats._discrete_distns': each(
    DISCRETE.split(' ')
      .map(name => `${name}_gen`)
      .join(' '),
    distribution,
  ),
  'scipy.stats._multivariate': each(
    'multivariate_normal_gen multivariate_normal_frozen dirichlet_gen dirichlet_frozen multinomial_gen ' +
      'multinomial_frozen multivariate_t_gen multivariate_t_frozen wishart_gen wishart_frozen _PSD',
    plainClass,
  ),
  'scipy.stats._covariance': each(
    'CovViaPSD CovViaCholesky CovViaDiagonal CovViaEigendecomposition CovViaPrecision',
    plainClass,
  ),
  ...modules(['scipy.stats.kde', 'scipy.stats._kde'], { gaussian_kde: plainClass }),
  'scipy.spatial.transform._rotation': { Rotation: classOf(noArguments) },
  'scipy.spatial.distance': each(
    'euclidean cosine cityblock correlation sqeuclidean minkowski chebyshev hamming jaccard canberra braycurtis',
    value,
  ),
}
