// What every page runs. Each module looks after one thing and works on what the page declares in attributes.
import "./countdown.js";
import "./relative.js";
import "./dialogs.js";
import "./menus.js";
import "./switches.js";
import "./list.js";
import "./keyboard.js";
import "./palette.js";
import "./toast.js";
import "./copy.js";
import "./counts.js";
import "./dropzone.js";
import "./drafts.js";
import "./insert.js";
import "./requests.js";
import "./live.js";
