import { STANDARD_MODULES } from './tables/python-modules.ts'

/**
 * What is known to do harm, for a clear message and the verdict `unsafe`. Nothing depends on its being complete: what
 * is neither here nor allowed is `unknown`.
 */
const MODULES: Readonly<Record<string, string>> = {
  'runs programs':
    'os posix nt subprocess _posixsubprocess _winapi pty popen2 commands multiprocessing _multiprocessing billiard ' +
    'asyncio _asyncio concurrent sh pexpect plumbum invoke fabric paramiko webbrowser antigravity _pyrepl platform ' +
    '_osx_support _aix_support _ios_support msilib winreg _winreg crypt',
  'runs code':
    'runpy code codeop timeit cProfile profile _lsprof pdb bdb trace doctest idlelib lib2to3 marshal _interpreters ' +
    '_xxsubinterpreters _xxinterpchannels _interpchannels _interpqueues interpreters test unittest pytest _pytest ' +
    'py_compile compileall rlcompleter cmd site sitecustomize usercustomize __main__ turtledemo IPython ipykernel ' +
    'jupyter nose numexpr sympy asteval RestrictedPython _testcapi _testinternalcapi sched atexit signal threading ' +
    '_thread thread faulthandler new',
  'loads another pickle':
    'pickle _pickle cPickle dill _dill cloudpickle shelve dbm jsonpickle pickletools copy_reg klepto pandas.io.pickle ' +
    'torch.package',
  'reaches anything by its name':
    'importlib _imp imp pkgutil pydoc inspect gc sys _sysconfig sysconfig zipimport _frozen_importlib ' +
    '_frozen_importlib_external modulefinder runpy __builtins__ ast symtable dis _operator weakref _weakref ' +
    'contextlib types',
  'reaches the network':
    'socket _socket ssl _ssl urllib urllib2 urllib3 http httplib requests aiohttp httpx ftplib smtplib poplib imaplib ' +
    'nntplib telnetlib xmlrpc xmlrpclib socketserver SocketServer asyncore asynchat smtpd wsgiref cgi cgitb tornado ' +
    'twisted flask pycurl boto3 botocore dns websockets websocket grpc huggingface_hub fsspec s3fs gcsfs smart_open',
  'reads or writes files':
    'io _io _pyio shutil tempfile glob fileinput linecache tarfile zipfile zipapp gzip bz2 lzma mmap sqlite3 _sqlite3 ' +
    'logging filecmp mailbox netrc wave aifc sunau sndhdr imghdr plistlib configparser csv genericpath posixpath ntpath',
  'runs native code':
    'ctypes _ctypes cffi _cffi_backend numba pyximport cython Cython llvmlite numpy.ctypeslib tvm',
  'installs packages':
    'pip ensurepip setuptools distutils venv virtualenv conda pkg_resources _distutils_hack uv',
  'disarms scanners': 'picklescan fickling modelscan modelaudit saferpickle model_unpickler',
}

/** Parts of libraries: a module with all below it, or one name in it. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'runs code':
    'numpy.testing numpy.f2py numpy.distutils numpy.lib.utils numpy.lib._utils_impl numpy.core._internal ' +
    'numpy._core._internal pandas.core.computation pandas.eval pandas.core.frame.DataFrame.eval pandas.io ' +
    'pandas.core.frame.DataFrame.query sklearn.utils._testing sklearn.externals.joblib.memory ' +
    'torch._dynamo torch._inductor torch._higher_order_ops torch.fx.graph_module.reduce_graph_module ' +
    'torch.fx.graph_module torch.fx.experimental torch.utils.bottleneck torch.utils.collect_env ' +
    'torch.utils.cpp_extension torch.utils._config_module torch.jit.unsupported_tensor_ops torch.utils.benchmark ' +
    'torch.utils.model_zoo torch.utils.data.datapipes torch.testing torch.compile torch.distributed.run torch._C ' +
    'torch.distributed.elastic torch.multiprocessing torch.onnx torch.ops torch.classes torch.library ' +
    'torch.utils.checkpoint torch._export torch.export joblib.memory joblib.parallel joblib.externals joblib.pool ' +
    'joblib._parallel_backends joblib.executor joblib.func_inspect mlflow.projects mlflow.pyfunc mlflow.utils ' +
    'tensorflow.python.framework.load_library tensorflow.py_function keras.utils transformers.dynamic_module_utils ' +
    'transformers.pipeline django.core.management celery scrapy airflow prefect dask.distributed distributed ray nltk ' +
    'cProfile ultralytics.utils.checks lightgbm.dask gradio streamlit',
  'loads another pickle':
    'numpy.load numpy.lib.npyio numpy.lib._npyio_impl numpy.lib.format numpy.lib._format_impl torch.load ' +
    'torch.serialization.load torch.serialization._load torch.serialization._legacy_load torch.hub torch.jit.load ' +
    'torch.jit._serialization joblib.load joblib.numpy_pickle.load joblib.numpy_pickle_utils joblib.dump ' +
    'pandas.read_pickle sklearn.externals.joblib.load scipy.io tensorflow.keras.models keras.models keras.saving ' +
    'skops.io catboost.core.CatBoost.load_model xgboost.core.Booster.load_model',
  'reads or writes files':
    'numpy.fromfile numpy.save numpy.savez numpy.savetxt numpy.loadtxt numpy.genfromtxt numpy.memmap numpy.tofile ' +
    'numpy.core.memmap numpy._core.memmap pandas.read_csv pandas.read_json pandas.read_sql pandas.read_table ' +
    'torch.save torch.from_file torch.serialization.save sklearn.datasets pyarrow.fs pyarrow.parquet PIL.Image',
  'reaches anything by its name':
    'numpy.core.multiarray.set_typeDict numpy.__builtins__ six.moves numpy.sys numpy.os torch.os torch.sys ' +
    'torch.serialization.os torch.utils._pytree torch.nn.backends.backend',
}

const BUILTINS: Readonly<Record<string, string>> = {
  'runs code':
    'eval exec compile execfile breakpoint apply input raw_input reload help copyright credits license quit exit',
  'reaches anything by its name':
    'getattr setattr delattr hasattr __import__ globals locals vars dir __build_class__ __loader__ __spec__ super ' +
    'property classmethod staticmethod callable id intern',
  'reads or writes files': 'open file',
  'calls what it is given': 'map filter reduce iter next sorted any all zip enumerate reversed',
}

const NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  operator: { 'reaches anything by its name': 'attrgetter methodcaller', 'calls what it is given': 'call' },
  functools: { 'calls what it is given': 'reduce partialmethod singledispatch cached_property lru_cache' },
  copyreg: { 'calls what it is given': 'add_extension pickle constructor clear_extension_cache' },
  copy: { 'calls what it is given': 'copy deepcopy _reconstruct' },
  itertools: { 'calls what it is given': 'starmap accumulate takewhile dropwhile filterfalse groupby' },
  uuid: { 'runs programs': '_get_command_stdout _popen _find_mac getnode' },
  random: { 'runs programs': '_os _urandom' },
  pathlib: { 'reads or writes files': 'os io' },
}

const builtinDangers = index(BUILTINS)
const moduleDangers = index(MODULES)
const libraryDangers = index(LIBRARIES)
const nameDangers = new Map(Object.entries(NAMES).map(([module, names]) => [module, index(names)]))

/** Modules that nothing is reached through: `torch.serialization.os.system`. */
const WAYS: ReadonlySet<string> = new Set(
  'os sys subprocess posix nt builtins __builtin__ importlib shutil socket ctypes pty runpy marshal pickle _pickle io _io'.split(
    ' ',
  ),
)

export interface Danger {
  /** `runs programs`. */
  readonly does: string
}

/**
 * Why a global is dangerous; undefined where nothing is known against it.
 *
 *   dangerOf('torch.serialization', 'os.system') // runs programs
 */
export function dangerOf(module: string, name: string): Danger | undefined {
  const does =
    wayThrough(module, name) ??
    (module === 'builtins' || module === '__builtin__' ? builtinDangers.get(first(name)) : undefined) ??
    nameDangers.get(module)?.get(first(name)) ??
    longest(libraryDangers, `${module}.${name}`) ??
    longest(moduleDangers, module)
  return does === undefined ? undefined : { does }
}

/** Whether a module comes with Python itself. */
export function isStandard(module: string): boolean {
  return STANDARD_MODULES.has(first(module))
}

function wayThrough(module: string, name: string): string | undefined {
  const path = [...module.split('.'), ...name.split('.')]
  if (path.some(part => part.startsWith('__') && part.endsWith('__') && FAR.has(part)))
    return 'reaches anything by its name'
  const at = path.findIndex((part, index) => index > 0 && WAYS.has(part))
  if (at < 0) return undefined
  const rest = path.slice(at)
  if (path[0] === 'six' || rest.length > 1 || at === path.length - 1)
    return moduleDangers.get(rest[0]!) ?? 'reaches anything by its name'
  return undefined
}

/** Attributes that lead from any object to everything. */
const FAR: ReadonlySet<string> = new Set(
  (
    '__builtins__ __globals__ __subclasses__ __class__ __bases__ __base__ __mro__ __dict__ __code__ __closure__ ' +
    '__getattribute__ __getattr__ __import__ __loader__ __spec__ __self__ __func__ __wrapped__ __init__ __call__ ' +
    '__reduce__ __reduce_ex__ __setattr__ __delattr__ __module__ __init_subclass__ __set_name__'
  ).split(' '),
)

function longest(dangers: ReadonlyMap<string, string>, path: string): string | undefined {
  let part = path
  for (let depth = 0; depth < 32; depth++) {
    const does = dangers.get(part)
    if (does !== undefined) return does
    const dot = part.lastIndexOf('.')
    if (dot < 0) return undefined
    part = part.slice(0, dot)
  }
  return undefined
}

function first(path: string): string {
  const dot = path.indexOf('.')
  return dot < 0 ? path : path.slice(0, dot)
}

function index(groups: Readonly<Record<string, string>>): Map<string, string> {
  const found = new Map<string, string>()
  for (const [does, names] of Object.entries(groups))
    for (const name of names.split(' ')) found.set(name, does)
  return found
}
