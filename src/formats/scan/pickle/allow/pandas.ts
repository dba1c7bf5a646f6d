import {
  any,
  args,
  bool,
  dict,
  int,
  list,
  named,
  none,
  oneOf,
  rest,
  type Shape,
  text,
  tuple,
} from '../shapes.ts'
import { classOf, type Entry, each, func, plainClass, type Table, value } from './entry.ts'

const INDEXES: readonly [string, string][] = [
  ['pandas.core.indexes.base', 'Index'],
  ['pandas.core.indexes.range', 'RangeIndex'],
  ['pandas.core.indexes.multi', 'MultiIndex'],
  ['pandas.core.indexes.category', 'CategoricalIndex'],
  ['pandas.core.indexes.datetimes', 'DatetimeIndex'],
  ['pandas.core.indexes.timedeltas', 'TimedeltaIndex'],
  ['pandas.core.indexes.period', 'PeriodIndex'],
  ['pandas.core.indexes.interval', 'IntervalIndex'],
  ['pandas.core.indexes.numeric', 'Int64Index'],
  ['pandas.core.indexes.numeric', 'UInt64Index'],
  ['pandas.core.indexes.numeric', 'Float64Index'],
  ['pandas.core.indexes.numeric', 'NumericIndex'],
]
/** Since pandas 3, classes are named as they are imported. */
const indexClass: Shape = named(
  ...INDEXES.flatMap(([module, name]) => [`${module}:${name}`, `pandas:${name}`]),
)
const indexes: Record<string, Record<string, Entry>> = {}
for (const [module, name] of INDEXES) indexes[module] = { ...indexes[module], [name]: plainClass }

const ARRAYS: Readonly<Record<string, string>> = {
  'pandas.core.arrays.categorical': 'Categorical',
  'pandas.core.arrays.datetimes': 'DatetimeArray',
  'pandas.core.arrays.timedeltas': 'TimedeltaArray',
  'pandas.core.arrays.period': 'PeriodArray',
  'pandas.core.arrays.interval': 'IntervalArray',
  'pandas.core.arrays.integer':
    'IntegerArray Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype',
  'pandas.core.arrays.floating': 'FloatingArray Float32Dtype Float64Dtype',
  'pandas.core.arrays.boolean': 'BooleanArray BooleanDtype',
  'pandas.core.arrays.numpy_': 'PandasArray NumpyExtensionArray',
  'pandas.core.arrays.sparse.array': 'SparseArray',
  'pandas.core.arrays.sparse.dtype': 'SparseDtype',
  'pandas.core.arrays.string_': 'StringArray',
  'pandas.core.arrays.string_arrow': 'ArrowStringArray',
}
const arrays: Table = Object.fromEntries(
  Object.entries(ARRAYS).map(([module, names]) => [module, each(names, plainClass)]),
)
const DTYPES =
  'BooleanDtype CategoricalDtype DatetimeTZDtype Float32Dtype Float64Dtype Int16Dtype Int32Dtype Int64Dtype Int8Dtype ' +
  'IntervalDtype PeriodDtype SparseDtype StringDtype UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype'
const OFFSETS =
  'Day Hour Minute Second Milli Micro Nano BDay BusinessDay CDay CustomBusinessDay BusinessHour CustomBusinessHour ' +
  'MonthEnd MonthBegin BMonthEnd BMonthBegin BusinessMonthEnd BusinessMonthBegin CBMonthEnd CBMonthBegin ' +
  'CustomBusinessMonthEnd CustomBusinessMonthBegin SemiMonthEnd SemiMonthBegin QuarterEnd QuarterBegin BQuarterEnd ' +
  'BQuarterBegin HalfYearEnd HalfYearBegin BHalfYearEnd BHalfYearBegin YearEnd YearBegin BYearEnd BYearBegin Week ' +
  'WeekOfMonth LastWeekOfMonth Easter FY5253 FY5253Quarter DateOffset'
const pyx = func(args([any, int, any]))

export const PANDAS: Table = {
  ...indexes,
  ...arrays,
  'pandas.core.frame': { DataFrame: plainClass },
  'pandas.core.series': { Series: plainClass },
  'pandas.core.flags': { Flags: plainClass },
  'pandas.core.indexes.base': {
    Index: plainClass,
    _new_Index: func(args([indexClass, dict])),
  },
  'pandas.core.indexes.datetimes': {
    DatetimeIndex: plainClass,
    _new_DatetimeIndex: func(args([indexClass, dict])),
  },
  'pandas.core.indexes.interval': {
    IntervalIndex: plainClass,
    _new_IntervalIndex: func(args([indexClass, dict])),
  },
  'pandas.core.indexes.period': {
    PeriodIndex: plainClass,
    _new_PeriodIndex: func(args([indexClass], 1)),
  },
  'pandas.core.indexes.frozen': {
    FrozenList: { kind: 'class', container: true, args: rest(any) },
    FrozenNDArray: plainClass,
  },
  'pandas.core.indexes.timedeltas': {
    TimedeltaIndex: plainClass,
    _new_TimedeltaIndex: func(args([indexClass, dict])),
  },
  // Python 2's pandas.
  'pandas.core.internals': each('BlockManager SingleBlockManager', classOf(args([any, any, any], 0))),
  'pandas._libs.sparse': each('IntIndex BlockIndex', classOf(rest(any))),
  'pandas.core.internals.managers': {
    BlockManager: classOf(args([any, any, any], 0)),
    SingleBlockManager: classOf(args([any, any, any], 0)),
  },
  'pandas.core.internals.blocks': { new_block: func(rest(any)) },
  'pandas._libs.internals': {
    _unpickle_block: func(args([any, any, int])),
    BlockPlacement: classOf(args([any])),
    BlockManager: plainClass,
  },
  'pandas._libs.arrays': { __pyx_unpickle_NDArrayBacked: pyx },
  'pandas._libs.tslibs.timestamps': {
    _unpickle_timestamp: func(args([int, any, any, any], 3)),
    Timestamp: classOf(rest(any)),
  },
  'pandas._libs.tslibs.timedeltas': {
    _timedelta_unpickle: func(args([int, int])),
    Timedelta: classOf(args([int])),
  },
  'pandas._libs.tslibs.nattype': { _nat_unpickle: func(rest(none)), __nat_unpickle: func(rest(none)) },
  'pandas._libs.tslibs.period': { Period: classOf(rest(any)) },
  'pandas._libs.tslibs.offsets': each(OFFSETS, classOf(rest(any))),
  'pandas._libs.missing': { NAType: plainClass, NA: value, _NA: value },
  'pandas._libs.interval': {
    Interval: classOf(rest(any)),
    __pyx_unpickle_IntervalMixin: pyx,
  },
  'pandas.core.dtypes.dtypes': {
    CategoricalDtype: classOf(args([any, oneOf(bool, none)], 0)),
    DatetimeTZDtype: classOf(args([text, any], 0)),
    PeriodDtype: classOf(args([any], 0)),
    IntervalDtype: classOf(args([any, any], 0)),
    SparseDtype: classOf(rest(any)),
    NumpyEADtype: classOf(args([any])),
    PandasDtype: classOf(args([any])),
  },
  'pandas.core.arrays.string_': {
    StringArray: plainClass,
    StringDtype: classOf(args([oneOf(text, none), any], 0)),
    StringArrayNumpySemantics: plainClass,
  },
  'pandas.core.arrays.string_arrow': each('ArrowStringArray ArrowStringArrayNumpySemantics', plainClass),
  'pandas.core.arrays.arrow.array': { ArrowExtensionArray: plainClass },
  pandas: {
    ...each(INDEXES.map(([, name]) => name).join(' '), plainClass),
    ...each('DataFrame Series Categorical Flags ArrowDtype DateOffset', plainClass),
    ...each(DTYPES, classOf(args([any, any], 0))),
    ...each('Interval Timestamp Timedelta Period', classOf(rest(any))),
    NA: value,
    NaT: value,
  },
  'pandas.arrays': each(
    'ArrowStringArray ArrowExtensionArray BooleanArray Categorical DatetimeArray FloatingArray IntegerArray ' +
      'IntervalArray NumpyExtensionArray PeriodArray SparseArray StringArray TimedeltaArray',
    plainClass,
  ),
  'pyarrow.lib': {
    chunked_array: func(args([any, any], 1)),
    ...each('type_for_alias', func(args([text]))),
    _restore_array: func(args([tuple])),
    ...each('StringArray LargeStringArray Int64Array DoubleArray ChunkedArray', plainClass),
    py_buffer: func(rest(any)),
    schema: func(args([list, any], 1)),
    field: func(args([text, any, bool, any], 2)),
    _reconstruct_table: func(args([list, any])),
    _reconstruct_record_batch: func(args([list, any])),
    ...each('timestamp time32 time64 duration', func(args([text, oneOf(none, text)], 1))),
  },
}
