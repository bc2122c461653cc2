//! Topography terms to ICD-O-3 codes, for exports that name the site in words.
