# Installs the configuration where ccd looks for it, whatever the prefix. One that is there is the
# administrator's; and who may not write there is somebody who installs for himself.
set(folder "$ENV{DESTDIR}/etc/ccd")
execute_process(COMMAND test -w /etc RESULT_VARIABLE refused)
if(EXISTS "${folder}/ccd.toml")
  message(STATUS "Kept: ${folder}/ccd.toml")
elseif("$ENV{DESTDIR}" STREQUAL "" AND refused)
  message(STATUS "Left out: ${folder}/ccd.toml")
else()
  file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/../etc/ccd.toml" DESTINATION /etc/ccd)  # below DESTDIR
endif()
