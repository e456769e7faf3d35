# What main reads before there is a daemon: options, configuration, places.
ccd_layer(daemon-config
  SOURCES config.cpp instance.cpp options.cpp setting.cpp
  LINK ccd-headers ccd-text)
