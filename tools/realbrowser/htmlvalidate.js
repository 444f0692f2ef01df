// Run by Node in the folder of the packages; the arguments are the files to check.
const { HtmlValidate, StaticConfigLoader } =
  require('module').createRequire(process.cwd() + '/package.json')('html-validate');

const config = {
  root: true,
  // "recommended" includes "standard" and "a11y", partly stricter; "document" adds
  // the rules for whole pages.
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: {
    // A matter of taste, and editors' content stays as they wrote it.
    'attr-case': 'off',
    'attr-quotes': 'off',
    'attribute-boolean-style': 'off',
    'attribute-empty-style': 'off',
    'doctype-style': 'off',
    'element-case': 'off',
    'prefer-tbody': 'off',
    'tel-non-breaking': 'off',
    'void-style': 'off',
    // Template actions on lines of their own leave it.
    'no-trailing-whitespace': 'off',
    // A guess at what search engines show, and editors choose the titles.
    'long-title': 'off',
    // Our own files come from the page's origin, under hashed names.
    'require-sri': ['error', { target: 'crossorigin' }],
    // Groups of checkboxes share a name, as browsers send them.
    'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'button', 'reset', 'submit'] }],
    // VoiceOver in Safari ignores lists without bullets unless they have a role.
    'no-redundant-role': ['error', { exclude: ['list'] }],
  },
};

const checker = new HtmlValidate(new StaticConfigLoader(config));
const { results } = checker.validateMultipleFilesSync(process.argv.slice(1));
process.stdout.write(JSON.stringify(results));
