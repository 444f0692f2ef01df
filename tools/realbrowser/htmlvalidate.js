// Run by Node in the folder of the packages; the arguments are the files.
const { HtmlValidate, StaticConfigLoader } =
  require('module').createRequire(process.cwd() + '/package.json')('html-validate');

const config = {
  root: true,
  // "recommended" has all of "standard" and "a11y", and some of it stricter;
  // "document" adds what only whole pages can be held to.
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: {
    // Taste: HTML takes either way, and editors' content comes as they wrote it.
    'attr-case': 'off',
    'attr-quotes': 'off',
    'attribute-boolean-style': 'off',
    'attribute-empty-style': 'off',
    'doctype-style': 'off',
    'element-case': 'off',
    'prefer-tbody': 'off',
    'tel-non-breaking': 'off',
    'void-style': 'off',
    // Left by template actions on lines of their own.
    'no-trailing-whitespace': 'off',
    // A guess at what search engines show; a post's title is its author's.
    'long-title': 'off',
    // Our own files come from where the page comes from, under hashed names.
    'require-sri': ['error', { target: 'crossorigin' }],
    // VoiceOver in Safari takes a list without bullets for none, unless told.
    'no-redundant-role': ['error', { exclude: ['list'] }],
  },
};

const checker = new HtmlValidate(new StaticConfigLoader(config));
const { results } = checker.validateMultipleFilesSync(process.argv.slice(1));
process.stdout.write(JSON.stringify(results));
