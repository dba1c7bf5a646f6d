import {
  any,
  args,
  bool,
  bytes,
  either,
  elements,
  int,
  list,
  literal,
  matching,
  named,
  noArguments,
  none,
  number,
  oneOf,
  rest,
  type Shape,
  smallInt,
  text,
  tuple,
} from '../shapes.ts'
import { classOf, container, each, func, plainClass, type Table, value } from './entry.ts'

const exceptions =
  'ArithmeticError AssertionError AttributeError BaseException DeprecationWarning Exception FloatingPointError ' +
  'FutureWarning IndexError KeyError LookupError NotImplementedError OverflowError RuntimeError RuntimeWarning ' +
  'StopIteration TypeError UserWarning ValueError Warning ZeroDivisionError'

const FACTORIES = named(
  ...'list dict set frozenset tuple int float bool str bytes complex'
    .split(' ')
    .map(name => `builtins:${name}`),
  'collections:OrderedDict',
  'collections:Counter',
  'collections:deque',
  'torch.amp.grad_scaler:_refresh_per_optimizer_state',
  'torch.cuda.amp.grad_scaler:_refresh_per_optimizer_state',
)
/** `defaultdict(lambda: defaultdict(int))` is written as partial(defaultdict, int). */
const factory: Shape = oneOf(FACTORIES, none)

/** Codecs of text: others run code of their own, or are imported for the name. */
const encoding = literal('latin1', 'latin-1', 'utf-8', 'utf8', 'ascii')

const zone: Shape = oneOf(none, node => node.kind === 'call')
const zoneName = matching(/^[A-Za-z0-9_+-]{1,40}(\/[A-Za-z0-9_+-]{1,40}){0,3}$/)

/** Python's own containers, numbers, dates and names. */
export const PYTHON: Table = {
  builtins: {
    object: classOf(noArguments),
    list: { kind: 'class', container: true, args: args([elements], 0) },
    tuple: { kind: 'class', args: args([elements], 0) },
    dict: { kind: 'class', container: true, args: args([elements], 0) },
    set: { kind: 'class', container: true, args: args([elements], 0) },
    frozenset: { kind: 'class', container: true, args: args([elements], 0) },
    int: classOf(either(args([oneOf(number, text)], 0), args([text, smallInt]))),
    float: classOf(args([oneOf(number, text)], 0)),
    bool: classOf(args([number], 0)),
    complex: classOf(args([number, number], 0)),
    str: classOf(either(args([oneOf(text, number)], 0), args([bytes, encoding, text], 2))),
    bytes: classOf(either(args([oneOf(bytes, list)], 0), args([text, encoding]))),
    bytearray: classOf(either(args([oneOf(bytes, list)], 0), args([text, encoding]))),
    memoryview: classOf(args([bytes])),
    slice: classOf(args([any, any, any], 1)),
    range: classOf(args([smallInt, smallInt, smallInt], 1)),
    // type(None), type(NotImplemented), type(...): how their types are written.
    type: func(args([oneOf(none, named('builtins:NotImplemented', 'builtins:Ellipsis'))])),
    ...each('Ellipsis NotImplemented', value),
    ...each('abs max min sum round len', value),
    // Methods of texts, which vectorizers keep as their tokenizers.
    ...each('str.split str.lower str.upper str.strip str.casefold str.title str.splitlines', value),
    ...each(exceptions, classOf(rest(any))),
  },
  _codecs: { encode: func(args([text, encoding], 1)) },
  collections: {
    OrderedDict: { kind: 'class', container: true, args: args([elements], 0) },
    Counter: { kind: 'class', container: true, args: args([elements], 0) },
    deque: { kind: 'class', container: true, args: args([elements, oneOf(none, smallInt)], 0) },
    defaultdict: { kind: 'class', container: true, args: args([factory, elements], 0) },
    ChainMap: plainClass,
    UserDict: container,
    UserList: container,
  },
  datetime: {
    datetime: classOf(either(args([bytes, zone], 1), rest(oneOf(int, zone)))),
    date: classOf(either(args([bytes]), rest(int))),
    time: classOf(either(args([bytes, zone], 1), rest(oneOf(int, zone)))),
    timedelta: classOf(rest(number)),
    timezone: classOf(args([any, text], 1)),
    'timezone.utc': value,
  },
  decimal: { Decimal: classOf(args([oneOf(text, int)], 0)) },
  fractions: { Fraction: classOf(either(args([text]), args([int, int], 0))) },
  uuid: { UUID: classOf(args([oneOf(text, none)], 0)), SafeUUID: classOf(args([any])) },
  pathlib: each('Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath', classOf(rest(text))),
  'pathlib._local': each(
    'Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath',
    classOf(rest(text)),
  ),
  types: { SimpleNamespace: plainClass },
  argparse: { Namespace: plainClass },
  re: { _compile: func(args([oneOf(text, bytes), int])) },
  zoneinfo: {
    ZoneInfo: classOf(args([zoneName])),
    'ZoneInfo._unpickle': func(args([zoneName, oneOf(int, bool)])),
  },
  array: {
    array: classOf(args([matching(/^[a-zA-Z]$/), oneOf(bytes, list)], 1)),
    _array_reconstructor: func(args([named('array:array'), matching(/^[a-zA-Z]$/), int, bytes])),
  },
  ipaddress: each(
    'IPv4Address IPv6Address IPv4Network IPv6Network IPv4Interface IPv6Interface',
    classOf(args([oneOf(int, text, bytes, tuple)])),
  ),
  'dateutil.relativedelta': { relativedelta: plainClass },
  pytz: { _UTC: func(noArguments), _p: func(args([zoneName, int, int, text], 1)) },
  // PyTables keeps the compression of its files as a pickle.
  'tables.Leaf': { Filters: plainClass },
  'tables.filters': { Filters: plainClass },
  'dateutil.tz.tz': { tzutc: plainClass, tzlocal: plainClass },
  random: { Random: { kind: 'class', args: args([any], 0), state: tuple } },
  // Protocol 5 buffers, out of band or inlined.
  pickle: { PickleBuffer: classOf(args([bytes])) },
  _pickle: { PickleBuffer: classOf(args([bytes])) },
  // What they make is judged by `calls.ts`.
  copyreg: {
    _reconstructor: func(any),
    __newobj__: func(any),
    __newobj_ex__: func(any),
  },
  functools: { partial: { kind: 'class', args: rest(any), state: tuple } },
  operator: { itemgetter: classOf(rest(oneOf(int, text))) },
}
