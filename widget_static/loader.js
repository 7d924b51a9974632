const settings = "__REPLYX_SETTINGS__";
