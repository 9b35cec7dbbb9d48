import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rmdir

required_conan_version = ">=2.0"

ADAPTERS = ("auth", "beast", "files", "http", "operations", "schedules", "soci", "testing",
            "webhooks")
DATABASES = ("mysql", "postgresql")
PROGRAMS = ("cli",)


class AsyncjobsConan(ConanFile):
    name = "asyncjobs"
    version = "0.1.0"
    description = "Durable background jobs for C++ services"
    license = "BSL-1.0"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False],
               **{f"with_{name}": [True, False] for name in ADAPTERS + DATABASES + PROGRAMS}}
    default_options = {"shared": False, "fPIC": True,
                       **{f"with_{name}": False for name in ADAPTERS + DATABASES + PROGRAMS}}

    def _has(self, *names):
        return any(self.options.get_safe(f"with_{name}") for name in names)

    def export_sources(self):
        # The checkout that contains the recipe. In a registry, source() downloads a release instead.
        root = os.path.join(self.recipe_folder, "..", "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "adapters/*", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, src=root, dst=self.export_sources_folder)

    def config_options(self):
        if self.settings.os == "Windows":
            del self.options.fPIC

    def configure(self):
        if self.options.shared:
            self.options.rm_safe("fPIC")
        if self._has("soci"):
            self.options["soci"].with_sqlite3 = True
            self.options["soci"].with_postgresql = bool(self._has("postgresql"))
            self.options["soci"].with_mysql = bool(self._has("mysql"))
        if self._has("schedules"):
            self.options["date"].use_system_tz_db = True

    def validate(self):
        check_min_cppstd(self, 20)
        if self._has("auth", "beast", "operations", "webhooks") and not self._has("http"):
            raise ConanInvalidConfiguration(
                "with_auth, with_beast, with_operations and with_webhooks need with_http")
        if self._has("cli") and not all(
                self._has(name) for name in ("beast", "operations", "schedules", "soci", "webhooks")):
            raise ConanInvalidConfiguration(
                "with_cli needs with_beast, with_operations, with_schedules, with_soci and "
                "with_webhooks")
        if self._has("mysql", "postgresql") and not self._has("soci"):
            raise ConanInvalidConfiguration("with_mysql and with_postgresql need with_soci")

    def requirements(self):
        self.requires("boost/[>=1.81]", transitive_headers=True, transitive_libs=True)
        self.requires("fmt/[>=9]", transitive_headers=True, transitive_libs=True)
        if self._has("soci"):
            self.requires("soci/[>=4.0.3]")
            self.requires("sqlite3/[>=3.38 <4]")
        if self._has("postgresql"):
            self.requires("libpq/[>=14]")
        if self._has("auth", "beast", "files", "webhooks"):
            self.requires("openssl/[>=3 <4]")
        if self._has("schedules"):
            self.requires("date/[>=3 <4]")
        if self._has("cli"):
            self.requires("cli11/[>=2.1 <3]")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for name in ADAPTERS + DATABASES + PROGRAMS:
            toolchain.cache_variables[f"ASYNCJOBS_{name.upper()}"] = bool(self._has(name))
        for name in ("BENCH", "EXAMPLES", "TESTS"):
            toolchain.cache_variables[f"ASYNCJOBS_{name}"] = False
        toolchain.cache_variables["ASYNCJOBS_INSTALL"] = True
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder,
             dst=os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        # Conan writes both from package_info().
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))
        rmdir(self, os.path.join(self.package_folder, "share"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "asyncjobs")

        def component(name, library, requires, target=None):
            info = self.cpp_info.components[name]
            info.set_property("cmake_target_name", f"asyncjobs::{target or name}")
            info.set_property("pkg_config_name", "-".join(["asyncjobs"] * (name != "core") +
                                                          [target or name]).replace("_", "-"))
            info.libs = [library] if library else []
            info.requires = requires
            if self.options.shared and library:
                info.defines = ["ASYNCJOBS_SHARED"]
            if self.settings.os in ("Linux", "FreeBSD"):
                info.system_libs = ["pthread"]
            return info

        core = ["boost::headers", "boost::json", "fmt::fmt"]
        component("core", "asyncjobs", core, target="asyncjobs")
        for mode in ("header_only", "separate_compilation"):
            component(mode, None, core).defines = [f"ASYNCJOBS_{mode.upper()}"]
        requires = {
            "auth": ["http", "openssl::crypto"],
            "beast": ["http", "openssl::ssl"],
            "files": ["core", "boost::url"],
            "http": ["core", "boost::url"],
            "operations": ["http"],
            "schedules": ["core", "date::date-tz"],
            "soci": ["core", "soci::soci_core", "soci::soci_sqlite3", "sqlite3::sqlite3"],
            "testing": ["core"],
            "webhooks": ["http", "boost::url"],
        }
        if self._has("postgresql"):
            requires["soci"] += ["soci::soci_postgresql", "libpq::libpq"]
        if self._has("mysql"):
            requires["soci"] += ["soci::soci_mysql"]
        if self._has("auth", "files", "webhooks"):
            # Always an archive; shared libraries contain it.
            component("support", "asyncjobs_support", ["core", "openssl::ssl"])
            for name in ("auth", "files", "webhooks"):
                requires[name].append("support")
        for name in ADAPTERS:
            if self._has(name):
                component(name, f"asyncjobs_{name}", requires[name])
