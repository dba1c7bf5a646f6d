const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Statements of Jinja that stay within the template. */
export const STATEMENTS: ReadonlySet<string> = words(`
  if elif else endif for endfor set endset macro endmacro call endcall filter endfilter raw endraw with endwith block
  endblock do break continue generation endgeneration autoescape endautoescape
`)

/** Filters of Jinja, and those that transformers adds: functions of values. `attr` is none of them. */
export const FILTERS: ReadonlySet<string> = words(`
  abs batch capitalize center count d default dictsort e escape filesizeformat first float forceescape groupby indent
  int items join last length list lower map max min pprint random reject rejectattr replace reverse round safe select
  selectattr slice sort string striptags sum title tojson trim truncate unique upper urlencode wordcount wordwrap
  xmlattr from_json fromjson
`)

export const TESTS: ReadonlySet<string> = words(`
  boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in integer iterable
  le lessthan lower lt mapping ne none None number odd sameas sequence string test true undefined upper not
`)

/** What a template may call by its name, beside its own macros. */
export const FUNCTIONS: ReadonlySet<string> = words(`
  range namespace dict raise_exception strftime_now loop caller super tojson render_content format_date zip len
`)

/** Methods of texts, lists and dicts that do nothing beyond. */
export const METHODS: ReadonlySet<string> = words(`
  strip lstrip rstrip split rsplit splitlines partition rpartition upper lower title capitalize casefold swapcase
  startswith endswith removeprefix removesuffix replace find rfind index rindex count join isdigit isalpha isalnum
  isspace isupper islower isnumeric isdecimal zfill ljust rjust center items keys values get append extend insert pop
  update setdefault copy remove reverse sort clear strftime isoformat date time
`)

/** Names in a template's context that lead to the application around it. */
export const OUTSIDE: ReadonlySet<string> = words(`
  lipsum cycler joiner self request config session g url_for get_flashed_messages application app environ settings
  handler url get_user_locale globals locals vars open eval exec compile getattr setattr os sys subprocess importlib
  context environment
`)

/** Attributes through which Python's objects lead to everything, beside those with two underscores. */
export const FAR_ATTRIBUTES: ReadonlySet<string> = words(`
  mro func_globals func_code func_defaults func_closure gi_frame gi_code cr_frame cr_code ag_frame ag_code f_globals
  f_builtins f_locals f_back tb_frame tb_next co_code co_consts im_func im_self im_class subclasses builtins popen
  system modules environ format_map
`)

/** Python words and constants that stand where names do. */
export const KEYWORDS: ReadonlySet<string> = words(`
  and or not in is if else true false none True False None recursive without with context ignore missing import as
  scoped required
`)
