# `make install PREFIX=/usr/local DESTDIR=`; `make uninstall` removes exactly what that installs.
# The launcher finds the library by its own place: ../lib/aeterna/libaeterna_preload.so.
INSTALL ?= install
BINDIR = $(DESTDIR)$(PREFIX)/bin
LIBDIR = $(DESTDIR)$(PREFIX)/lib/aeterna
INCLUDEDIR = $(DESTDIR)$(PREFIX)/include
MANDIR = $(DESTDIR)$(PREFIX)/share/man
DOCDIR = $(DESTDIR)$(PREFIX)/share/doc/aeterna

INSTALL_HEADERS = $(wildcard include/aeterna.h include/aeterna/module.h)
INSTALL_MAN1 = $(wildcard man/*.1)
INSTALL_MAN5 = $(wildcard man/*.5)
INSTALL_PYTHON = $(wildcard python/aeterna/*.py python/aeterna/py.typed python/site/*.py)
# Whoever may not write there would compile them at every start: 20 ms. DESTDIR is no part of a name.
INSTALL_BYTECODE ?= $(SYSTEM_PYTHON)
INSTALL_DOC = $(wildcard LICENSE README.md CHANGELOG.md)

.PHONY: install uninstall
install: build
	$(INSTALL) -d $(BINDIR) $(LIBDIR)/plain $(DOCDIR)
	$(INSTALL) -m 755 bin/aeterna-launch $(BINDIR)/aeterna-launch
	ln -sf aeterna-launch $(BINDIR)/aeterna
	$(INSTALL) -m 644 lib/libaeterna_preload.so $(LIBDIR)/libaeterna_preload.so
	$(INSTALL) -m 644 lib/plain/libaeterna_preload.so $(LIBDIR)/plain/libaeterna_preload.so
	$(INSTALL) -d $(LIBDIR)/python/aeterna $(LIBDIR)/python/site
	$(foreach f,$(INSTALL_PYTHON),$(INSTALL) -m 644 $(f) $(LIBDIR)/$(f) &&) true
	$(foreach p,$(INSTALL_BYTECODE),$(p) -m compileall -q -f $(if $(DESTDIR),-s $(DESTDIR) -p /) \
		$(LIBDIR)/python &&) true
	$(if $(INSTALL_HEADERS),$(INSTALL) -d $(INCLUDEDIR)/aeterna)
	$(if $(INSTALL_HEADERS),$(foreach f,$(INSTALL_HEADERS),$(INSTALL) -m 644 $(f) $(INCLUDEDIR)/$(f:include/%=%) &&) true)
	$(if $(INSTALL_MAN1),$(INSTALL) -d $(MANDIR)/man1)
	$(if $(INSTALL_MAN1),$(INSTALL) -m 644 $(INSTALL_MAN1) $(MANDIR)/man1)
	$(if $(INSTALL_MAN5),$(INSTALL) -d $(MANDIR)/man5)
	$(if $(INSTALL_MAN5),$(INSTALL) -m 644 $(INSTALL_MAN5) $(MANDIR)/man5)
	$(INSTALL) -m 644 $(INSTALL_DOC) $(DOCDIR)

uninstall:
	rm -f $(BINDIR)/aeterna-launch $(BINDIR)/aeterna $(LIBDIR)/libaeterna_preload.so \
		$(LIBDIR)/plain/libaeterna_preload.so \
		$(addprefix $(LIBDIR)/,$(INSTALL_PYTHON)) \
		$(addprefix $(INCLUDEDIR)/,$(INSTALL_HEADERS:include/%=%)) \
		$(addprefix $(MANDIR)/man1/,$(notdir $(INSTALL_MAN1))) \
		$(addprefix $(MANDIR)/man5/,$(notdir $(INSTALL_MAN5))) \
		$(addprefix $(DOCDIR)/,$(notdir $(INSTALL_DOC)))
	-rm -rf $(LIBDIR)/python/aeterna/__pycache__ $(LIBDIR)/python/site/__pycache__
	-rmdir --ignore-fail-on-non-empty $(LIBDIR)/python/aeterna $(LIBDIR)/python/site \
		$(LIBDIR)/python $(INCLUDEDIR)/aeterna
	-rmdir --ignore-fail-on-non-empty $(LIBDIR)/plain $(LIBDIR) $(DOCDIR)
