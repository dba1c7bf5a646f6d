import {
  any,
  args,
  bytes,
  int,
  literal,
  named,
  noArguments,
  none,
  number,
  oneOf,
  rest,
  type Shape,
  text,
  tuple,
  tupleOf,
} from '../shapes.ts'
import { classOf, each, func, modules, plainClass, type Table, value } from './entry.ts'

const SCALARS =
  'bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc uintc intp uintp longlong ulonglong byte ubyte ' +
  'short ushort long ulong int_ uint float16 float32 float64 float128 float_ half single double longdouble ' +
  'longfloat complex64 complex128 complex256 csingle cdouble clongdouble complex_ str_ bytes_ unicode_ string_ ' +
  'object_ void datetime64 timedelta64 number integer signedinteger unsignedinteger inexact floating ' +
  'complexfloating generic flexible character float int'

/** Functions of arrays that transformers keep by reference. None reads a file, calls what it is given or writes. */
const PURE =
  'log log1p log2 log10 exp expm1 exp2 sqrt cbrt square abs absolute fabs sign sin cos tan arcsin arccos arctan sinh ' +
  'cosh tanh arcsinh arccosh arctanh add subtract multiply divide true_divide floor_divide power maximum minimum fmax ' +
  'fmin negative positive reciprocal rint floor ceil trunc clip isnan isfinite isinf logical_not logical_and ' +
  'logical_or mean median std var sum prod min max amin amax nanmean nanmedian nanstd nansum nanmin nanmax argmin ' +
  'argmax ravel reshape transpose squeeze sort unique cumsum cumprod diff nan_to_num round around asarray array ' +
  'ascontiguousarray identity nan inf pi e newaxis count_nonzero ptp average quantile percentile dot linalg.norm'

const CORE = ['numpy.core', 'numpy._core']
const inCore = (name: string): readonly string[] => CORE.map(core => `${core}.${name}`)

const arrayClass = named(
  'numpy:ndarray',
  'numpy:matrix',
  'numpy:recarray',
  'numpy.matrixlib.defmatrix:matrix',
  'numpy.core.records:recarray',
  'numpy._core.records:recarray',
  'numpy.rec:recarray',
  'numpy.core.defchararray:chararray',
  'numpy._core.defchararray:chararray',
  'numpy.char:chararray',
  'numpy.ma.core:MaskedArray',
  'numpy.ma:MaskedArray',
  'pandas.core.indexes.frozen:FrozenNDArray',
)
const dtypeNode: Shape = oneOf(text, node => node.kind === 'call' || node.kind === 'global')
const shape = tupleOf(int)
const reconstruct = func(args([arrayClass, shape, bytes]))
const scalar = func(args([dtypeNode, any], 1))
const fromBuffer = func(args([any, dtypeNode, shape, text, any], 3))
const BIT_GENERATORS = 'MT19937 PCG64 PCG64DXSM Philox SFC64'
const generatorName = oneOf(
  literal(...BIT_GENERATORS.split(' ')),
  named(
    ...BIT_GENERATORS.split(' ').map(name => `numpy.random._${name.toLowerCase()}:${name}`),
    'numpy.random._pcg64:PCG64DXSM',
  ),
)
const bitGenerator: Shape = node => generatorName(node) || node.kind === 'call'
const generator = func(args([bitGenerator, any], 0))
const dtype = classOf(
  args([oneOf(text, list => list.kind === 'global' || list.kind === 'call', tuple), any, any, any], 1),
)

export const NUMPY: Table = {
  numpy: {
    ...each(PURE, value),
    ...each(SCALARS, classOf(args([oneOf(number, text, bytes)], 0))),
    ndarray: classOf(args([shape, dtypeNode], 0)),
    dtype,
    matrix: plainClass,
    recarray: plainClass,
    record: plainClass,
    ufunc: plainClass,
    poly1d: plainClass,
    vectorize: plainClass,
    ...each('finfo iinfo', value),
  },
  'numpy.dtypes': each(
    'BoolDType Int8DType Int16DType Int32DType Int64DType UInt8DType UInt16DType UInt32DType UInt64DType ' +
      'Float16DType Float32DType Float64DType LongDoubleDType Complex64DType Complex128DType ObjectDType BytesDType ' +
      'StrDType VoidDType DateTime64DType TimeDelta64DType LongLongDType ULongLongDType IntDType UIntDType ' +
      'ByteDType UByteDType ShortDType UShortDType LongDType ULongDType StringDType CLongDoubleDType',
    classOf(rest(oneOf(text, int, none))),
  ),
  ...modules(inCore('multiarray'), {
    _reconstruct: reconstruct,
    scalar,
    ndarray: plainClass,
    dtype,
    _frombuffer: fromBuffer,
  }),
  ...modules(inCore('numeric'), { _frombuffer: fromBuffer, ...each('identity nan inf', value) }),
  ...modules(inCore('numerictypes'), each(SCALARS, plainClass)),
  ...modules(inCore('_multiarray_umath'), {
    ...each(PURE, value),
    _reconstruct: reconstruct,
    scalar,
  }),
  ...modules(inCore('umath'), each(PURE, value)),
  // Of StringDType: how missing texts are kept, and whether others are turned into texts.
  ...modules(inCore('_internal'), {
    _convert_to_stringdtype_kwargs: func(rest(oneOf(int, number, none, text))),
  }),
  ...modules(inCore('fromnumeric'), each(PURE, value)),
  ...modules(inCore('_methods'), each(PURE, value)),
  ...modules(CORE, {
    _ufunc_reconstruct: func(
      args([
        literal(
          'numpy',
          'numpy.core._multiarray_umath',
          'scipy.special',
          'numpy._core._multiarray_umath',
          'scipy.special._ufuncs',
          'numpy.core.umath',
          'numpy._core.umath',
        ),
        text,
      ]),
    ),
    _DType_reconstruct: func(args([any])),
  }),
  ...modules([...inCore('records'), 'numpy.rec'], { recarray: plainClass, record: plainClass }),
  ...modules([...inCore('defchararray'), 'numpy.char'], { chararray: plainClass }),
  'numpy.matrixlib.defmatrix': { matrix: plainClass },
  ...modules(['numpy.ma.core', 'numpy.ma'], {
    _mareconstruct: func(args([arrayClass, arrayClass, shape, bytes])),
    MaskedArray: plainClass,
    MaskedConstant: classOf(noArguments),
  }),
  'numpy.lib.function_base': { ...each(PURE, value), vectorize: plainClass },
  'numpy.lib._function_base_impl': { ...each(PURE, value), vectorize: plainClass },
  'numpy.lib.nanfunctions': each(PURE, value),
  'numpy.lib._nanfunctions_impl': each(PURE, value),
  'numpy.lib.type_check': each(PURE, value),
  'numpy.lib._type_check_impl': each(PURE, value),
  'numpy.lib.polynomial': { poly1d: plainClass },
  'numpy.lib._polynomial_impl': { poly1d: plainClass },
  ...Object.fromEntries(
    [
      'polynomial:Polynomial',
      'chebyshev:Chebyshev',
      'legendre:Legendre',
      'hermite:Hermite',
      'laguerre:Laguerre',
    ].map(both => {
      const [module, name] = both.split(':')
      return [`numpy.polynomial.${module}`, { [name!]: plainClass }]
    }),
  ),
  'numpy.random._pickle': {
    __randomstate_ctor: generator,
    __generator_ctor: generator,
    __bit_generator_ctor: func(args([generatorName], 0)),
  },
  'numpy.random.mtrand': { RandomState: classOf(args([bitGenerator], 0)), _rand: value },
  'numpy.random': { __RandomState_ctor: func(noArguments), mtrand: value },
  'numpy.random._generator': { Generator: classOf(args([bitGenerator], 0)) },
  'numpy.random._mt19937': { MT19937: plainClass },
  'numpy.random._pcg64': { PCG64: plainClass, PCG64DXSM: plainClass },
  'numpy.random._philox': { Philox: plainClass },
  'numpy.random._sfc64': { SFC64: plainClass },
  'numpy.random.bit_generator': {
    SeedSequence: classOf(rest(any)),
    __pyx_unpickle_SeedSequence: func(args([named('numpy.random.bit_generator:SeedSequence'), int, any])),
  },
}
